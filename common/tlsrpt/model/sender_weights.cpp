#include "tlsrpt/model/sender_weights.hpp"

#include <algorithm>

namespace mta_sts::tlsrpt {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t factor = 10;
constexpr std::size_t known_days = 3;
constexpr std::chrono::days usual_days{28};

std::uint64_t times_factor(std::uint64_t value) {
  return value > UINT64_MAX / factor ? UINT64_MAX : value * factor;
}

std::uint64_t size_of(const Sessions& sessions) {
  return saturating_add(sessions.success, sessions.failure);
}

// The lower one of two in the middle: of a true report and an invented one, the true one.
std::uint64_t lower_median(std::vector<std::uint64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::uint64_t part_of(std::uint64_t value, std::uint64_t limit, std::uint64_t whole) {
  return static_cast<std::uint64_t>(Wide{value} * limit / whole);
}

}  // namespace

void Weighed::add(const Sessions& more, const std::string& sender, std::uint64_t more_beyond) {
  sessions.add(more);
  if (more_beyond > beyond) {
    beyond = more_beyond;
    claimer = sender;
  }
}

bool SenderWeights::Share::is_known() const {
  return earlier.size() >= known_days;
}

std::optional<std::uint64_t> SenderWeights::Share::usual() const {
  std::vector<std::uint64_t> sizes;
  for (const auto& [day, came] : earlier) {
    sizes.push_back(came.size);
  }
  if (!is_known()) {
    for (const Unit& unit : units) {
      sizes.push_back(size_of(unit.sessions));
    }
  }
  std::erase(sizes, 0U);
  return sizes.empty() ? std::nullopt : std::optional(lower_median(std::move(sizes)));
}

// Of a sender that is known by the day, else by the report: what is usual is not yet known of its days.
std::vector<SenderWeights::Unit> SenderWeights::Share::loads() const {
  if (!is_known()) {
    return units;
  }
  std::map<std::optional<std::chrono::sys_days>, Unit> days;
  for (const Unit& unit : units) {
    Unit& day = days[unit.day];
    day.window = unit.window;
    day.sessions.add(unit.sessions);
  }
  std::vector<Unit> found;
  for (const auto& [day, unit] : days) {
    found.push_back(unit);
  }
  return found;
}

std::map<std::size_t, Weighed> SenderWeights::Share::weigh(const std::string& sender) const {
  std::map<std::size_t, Weighed> windows;
  const std::uint64_t limit = times_factor(usual().value_or(0));
  for (const Unit& load : loads()) {
    const std::uint64_t success = std::min(load.sessions.success, limit);
    windows[load.window].add({.success = success, .failure = load.sessions.failure}, sender,
                             load.sessions.success - success);
  }
  return windows;
}

std::uint64_t SenderWeights::greatest_known(const Shares& shares) {
  std::uint64_t greatest = 0;
  for (const auto& [sender, share] : shares) {
    if (share.is_known()) {
      greatest = std::max(greatest, share.usual().value_or(0));
    }
  }
  return greatest;
}

// A share of its own, or where reports of many domains have filled the table, one with others: for what fails
// as much room is left again, so that none of it is hidden.
SenderWeights::Share& SenderWeights::share_of(std::string_view domain, std::string_view sender,
                                              bool has_failed) {
  const auto shares = domains_.find(domain);
  if (shares != domains_.end()) {
    if (const auto share = shares->second.find(sender); share != shares->second.end()) {
      return share->second;
    }
  }
  if (share_count_ >= (has_failed ? 2 : 1) * Metrics::table_limit) {
    return domains_[std::string(Metrics::table_rest)][std::string(Metrics::table_rest)];
  }
  ++share_count_;
  return domains_[std::string(domain)][std::string(sender)];
}

void SenderWeights::add(const SessionRow& row, std::uint64_t report, const WatchSpan& span) {
  const WatchPart part = span.part_of(row.day, row.imported);
  if (part == WatchPart::outside) {
    return;
  }
  const bool is_usual = row.day && *row.day < span.since && *row.day >= span.since - usual_days;
  const bool is_watched = part != WatchPart::earlier;
  if (!is_usual && !is_watched) {
    return;
  }
  Share& share = share_of(row.domain, row.organization, is_watched && row.sessions.failure > 0);
  if (is_usual) {
    const auto imported = std::chrono::floor<std::chrono::days>(row.imported);
    Earlier& earlier = share.earlier.try_emplace(*row.day, imported).first->second;
    if (imported < earlier.imported) {
      earlier = {.imported = imported};
    }
    if (imported == earlier.imported) {
      earlier.size = saturating_add(earlier.size, size_of(row.sessions));
    }
  }
  if (is_watched) {
    if (share.units.empty() || share.units.back().report != report) {
      share.units.push_back(
          {.report = report, .window = span.window_of(row.day), .day = row.day, .sessions = {}});
    }
    share.units.back().sessions.add(row.sessions);
  }
}

std::vector<WeighedTables> SenderWeights::weigh() const {
  std::vector<WeighedTables> tables(1);
  for (const auto& [domain, shares] : domains_) {
    const std::uint64_t stranger_limit = times_factor(greatest_known(shares));
    for (const auto& [sender, share] : shares) {
      for (auto& [window, own] : share.weigh(sender)) {
        if (own.sessions.empty()) {
          continue;
        }
        tables.resize(std::max(tables.size(), window + 1));
        tables[window].senders[sender].add(own.sessions, sender, own.beyond);
        const std::uint64_t size = size_of(own.sessions);
        if (share.earlier.empty() && stranger_limit > 0 && size > stranger_limit) {
          own.sessions = {.success = part_of(own.sessions.success, stranger_limit, size),
                          .failure = part_of(own.sessions.failure, stranger_limit, size)};
          own.beyond = saturating_add(own.beyond, size - stranger_limit);
        }
        tables[window].domains[domain].add(own.sessions, sender, own.beyond);
        tables[window].total.add(own.sessions, sender, own.beyond);
      }
    }
  }
  return tables;
}

}  // namespace mta_sts::tlsrpt
