#include "tlsrpt/model/reporting_days.hpp"

#include <algorithm>
#include <bit>

namespace mta_sts::tlsrpt {
namespace {

constexpr int regular_least = 5;
constexpr int missing_least = 3;
constexpr int told_days = 14;

}  // namespace

void ReportingDays::add(std::string_view name, const SessionRow& row, const WatchSpan& span) {
  if (!row.day || *row.day < first_ || *row.day > first_ + days_kept + std::chrono::days(1)) {
    return;  // tomorrow may have begun where a sender is
  }
  auto found = names_.find(name);
  if (found == names_.end()) {
    if (names_.size() >= Metrics::table_limit) {
      return;
    }
    found = names_.try_emplace(std::string(name)).first;
  }
  Days& days = found->second;
  days.reported |= std::uint32_t{1} << (*row.day - first_).count();
  const auto imported = std::chrono::floor<std::chrono::days>(row.imported);
  days.first_import = std::min(days.first_import.value_or(imported), imported);
  days.last_import = std::max(days.last_import.value_or(imported), imported);
  days.has_just_come = days.has_just_come || span.part_of(row.day, row.imported) == WatchPart::late;
}

int ReportingDays::Days::last() const {
  return static_cast<int>(std::bit_width(reported)) - 1;
}

int ReportingDays::Days::missing() const {
  return static_cast<int>(days_kept.count()) - 1 - last();
}

int ReportingDays::Days::longest_break() const {
  int longest = 0;
  for (std::uint32_t rest = reported; std::popcount(rest) > 1; rest &= rest - 1) {
    longest = std::max(longest, std::countr_zero(rest & (rest - 1)) - std::countr_zero(rest));
  }
  return longest;
}

bool ReportingDays::Days::has_stopped() const {
  const bool is_late_as_ever = has_just_come && first_import < last_import;
  return std::popcount(reported) >= regular_least && missing() >= missing_least &&
         missing() > 2 * longest_break() && !is_late_as_ever;
}

std::vector<ReportingDays::Silent> ReportingDays::silent(std::size_t limit) const {
  const bool others_go_on =
      std::ranges::any_of(names_, [](const auto& one) { return one.second.missing() < missing_least; });
  std::vector<Silent> found;
  for (const auto& [name, days] : names_) {
    if (others_go_on && days.has_stopped() && found.size() < limit) {
      found.push_back({.name = name,
                       .last = first_ + std::chrono::days(days.last()),
                       .is_long_ago = days.missing() > 2 * days.longest_break() + told_days});
    }
  }
  return found;
}

bool ReportingDays::goes_on(std::string_view name) const {
  const auto found = names_.find(name);
  return found != names_.end() && found->second.missing() < missing_least;
}

}  // namespace mta_sts::tlsrpt
