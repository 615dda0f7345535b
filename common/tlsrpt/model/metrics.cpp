#include "tlsrpt/model/metrics.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "tlsrpt/model/failure_types.hpp"

namespace mta_sts::tlsrpt {
namespace {

using std::chrono::sys_days;

// Counts go up to 2^64-1, and percents of their sums are taken exactly.
__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t jump_least = 5;
constexpr std::uint64_t jump_factor = 3;
constexpr std::size_t jump_days = 7;

std::string with_decimals(std::uint64_t value, unsigned decimals) {
  std::string digits = std::to_string(value);
  if (decimals == 0) {
    return digits;
  }
  if (digits.size() <= decimals) {
    digits.insert(0, decimals + 1 - digits.size(), '0');
  }
  digits.insert(digits.size() - decimals, 1, '.');
  return digits;
}

// The entry of a table that hostile reports cannot make grow for ever.
template <typename Value>
Value& entry(std::map<std::string, Value, std::less<>>& table, std::string_view name) {
  if (const auto found = table.find(name); found != table.end()) {
    return found->second;
  }
  const bool is_full = table.size() >= Metrics::table_limit;
  return table[std::string(is_full ? Metrics::table_rest : name)];
}

Failures& entry(std::map<std::pair<std::string, std::string>, Failures, PairLess>& table,
                const std::pair<std::string_view, std::string_view>& pair) {
  if (const auto found = table.find(pair); found != table.end()) {
    return found->second;
  }
  const bool is_full = table.size() >= Metrics::table_limit;
  return table[is_full ? std::pair(std::string(Metrics::table_rest), std::string(Metrics::table_rest))
                       : std::pair(std::string(pair.first), std::string(pair.second))];
}

std::uint64_t count_of(const std::map<std::string, Failures, std::less<>>& table, std::string_view name) {
  const auto found = table.find(name);
  return found == table.end() ? 0 : found->second.count;
}

}  // namespace

std::optional<Target> Target::parse(std::string_view percent) {
  text::Cursor cursor(percent);
  const std::string_view whole = cursor.take_while(ascii::is_digit, 3);
  const bool has_point = cursor.take('.');
  const std::string_view fraction = has_point ? cursor.take_while(ascii::is_digit, 3) : std::string_view();
  if (whole.empty() || (has_point && fraction.empty()) || !cursor.at_end()) {
    return std::nullopt;
  }
  std::string digits = std::string(whole) + std::string(fraction);
  digits.append(3 - fraction.size(), '0');
  std::uint32_t value = 0;
  for (const char c : digits) {
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return value <= 100'000 ? std::optional(Target{value}) : std::nullopt;
}

std::string Target::text() const {
  std::string digits = with_decimals(millipercent, 3);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) {
    digits.pop_back();
  }
  return digits;
}

unsigned Target::decimals() const {
  const std::string percent = text();
  const std::size_t point = percent.find('.');
  return point == std::string::npos ? 0 : static_cast<unsigned>(percent.size() - point - 1);
}

std::optional<std::string> Sessions::rate_percent(unsigned decimals) const {
  if (empty()) {
    return std::nullopt;
  }
  Wide scale = 100;
  for (unsigned i = 0; i < decimals; ++i) {
    scale *= 10;
  }
  return with_decimals(static_cast<std::uint64_t>(scale * success / (Wide{success} + failure)), decimals);
}

std::optional<std::string> Sessions::rate_beside(Target target) const {
  return rate_percent(std::max(2U, target.decimals()));
}

std::optional<bool> Sessions::meets(Target target) const {
  if (empty()) {
    return std::nullopt;
  }
  return Wide{success} * 100'000 >= (Wide{success} + failure) * target.millipercent;
}

bool Filter::matches_day(const std::optional<sys_days>& day) const {
  if (!day) {
    return !since && !until;
  }
  return (!since || *day >= *since) && (!until || *day <= *until);
}

void Failures::add(std::uint64_t more, const std::optional<sys_days>& day) {
  count = saturating_add(count, more);
  if (day) {
    first = first ? std::min(*first, *day) : *day;
    last = last ? std::max(*last, *day) : *day;
  }
}

bool is_counted(const FailureRow& row) {
  const FailureType* const type = row.is_shadowed ? find_failure_type(row.result_type) : nullptr;
  return !row.is_shadowed || (type != nullptr && type->is_of_one_kind);
}

void Failures::add(const Failures& other) {
  add(other.count, other.first);
  add(0, other.last);
}

void Metrics::add(const SessionRow& row) {
  if (row.is_first) {
    ++reports;
    authentication.add(row.authentication);
  }
  entry(policy_types, row.policy_type).add(row.sessions);
  if (row.is_shadowed) {
    return;
  }
  total.add(row.sessions);
  if (row.sessions.failure > row.in_details) {
    without_details = saturating_add(without_details, row.sessions.failure - row.in_details);
  }
  (row.day ? days[*row.day] : undated).add(row.sessions);
  entry(organizations, row.organization).add(row.sessions);
  entry(domains, row.domain).add(row.sessions);
}

void Metrics::add(const FailureRow& row) {
  if (!is_counted(row)) {
    return;
  }
  entry(types, row.result_type).add(row.count, row.day);
  entry(hosts, row.host).add(row.count, row.day);
  entry(failures, std::pair(row.result_type, row.host)).add(row.count, row.day);
  PackedFailurePlace place({.result_type = row.result_type,
                            .host = row.host,
                            .receiving_ip = row.receiving_ip,
                            .sending_ip = row.sending_ip,
                            .helo = row.helo,
                            .reason_code = row.reason_code,
                            .information = row.information});
  if (places.size() >= table_limit && !places.contains(place)) {
    place = PackedFailurePlace({.result_type = table_rest, .host = table_rest});
  }
  places[std::move(place)].add(row.count, row.day);
  if (row.is_outside_policy) {
    entry(outside_policy, row.host).add(row.count, row.day);
    entry(types_outside_policy, row.result_type).add(row.count, row.day);
  }
}

std::uint64_t Metrics::outside_policy_of_type(std::string_view type) const {
  return count_of(types_outside_policy, type);
}

std::uint64_t Metrics::outside_policy_of_host(std::string_view host) const {
  return count_of(outside_policy, host);
}

void Metrics::add(const Report& report, const Filter& filter) {
  class Adder final : public RowSink {
   public:
    explicit Adder(Metrics& metrics) : metrics_(metrics) {}
    void session(const SessionRow& row) override { metrics_.add(row); }
    void failure(const FailureRow& row) override { metrics_.add(row); }

   private:
    Metrics& metrics_;
  } adder(*this);
  const std::size_t before = reports;
  visit_rows(report, filter, adder);
  if (reports == before && report.policies.empty() && filter.domain.empty() &&
      filter.matches_day(day_of(report))) {
    ++reports;  // a report without policies is one all the same
    authentication.add(report.authentication);
  }
}

std::optional<sys_days> day_of(const Report& report) {
  return report.start ? std::optional(std::chrono::floor<std::chrono::days>(*report.start)) : std::nullopt;
}

void visit_rows(const Report& report, const Filter& filter, RowSink& sink) {
  const auto day = day_of(report);
  if (!filter.matches_day(day)) {
    return;
  }
  const std::string_view organization =
      report.organization ? std::string_view(*report.organization) : not_given;
  bool is_first = true;
  for (const PolicyReport& policy : report.policies) {
    if (!filter.matches_domain(policy.counted_domain)) {
      continue;
    }
    const std::string_view domain =
        policy.counted_domain.empty() ? not_given : std::string_view(policy.counted_domain);
    std::uint64_t in_details = 0;
    for (const FailureDetail& detail : policy.details) {
      in_details = saturating_add(in_details, detail.count);
      sink.failure({.day = day,
                    .domain = domain,
                    .organization = organization,
                    .result_type = detail.result_type,
                    .host = detail.host,
                    .count = detail.count,
                    .is_shadowed = policy.is_shadowed,
                    .receiving_ip = detail.receiving_ip,
                    .sending_ip = detail.sending_ip,
                    .helo = detail.helo,
                    .reason_code = detail.reason_code,
                    .information = detail.additional_information,
                    .is_outside_policy = detail.is_outside_policy,
                    .authentication = report.authentication});
    }
    sink.session({.day = day,
                  .domain = domain,
                  .organization = organization,
                  .policy_type = policy.type ? std::string_view(*policy.type) : not_given,
                  .sessions = {.success = policy.success, .failure = policy.failure},
                  .in_details = in_details,
                  .is_shadowed = policy.is_shadowed,
                  .is_first = is_first,
                  .authentication = report.authentication});
    is_first = false;
  }
}

std::vector<sys_days> Metrics::gaps() const {
  std::vector<sys_days> missing;
  if (days.empty()) {
    return missing;
  }
  // A report may claim any year: a gap longer than this is no trend.
  constexpr std::size_t limit = 3660;
  sys_days expected = days.begin()->first;
  for (const auto& [day, sessions] : days) {
    for (; expected < day && missing.size() < limit; expected += std::chrono::days(1)) {
      missing.push_back(expected);
    }
    expected = day + std::chrono::days(1);
  }
  return missing;
}

std::vector<sys_days> Metrics::jumps() const {
  std::vector<sys_days> found;
  std::vector<std::uint64_t> before;
  for (const auto& [day, sessions] : days) {
    const std::size_t count = std::min(before.size(), jump_days);
    Wide sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      sum += before[before.size() - 1 - i];
    }
    const bool is_jump =
        count > 0 && sessions.failure >= jump_least && Wide{sessions.failure} * count >= sum * jump_factor;
    if (is_jump) {
      found.push_back(day);
    }
    before.push_back(sessions.failure);
  }
  return found;
}

bool Metrics::has_only_report_mails() const {
  return days.size() >= 7 && std::ranges::all_of(days, [](const auto& day) {
           return saturating_add(day.second.success, day.second.failure) == 1;
         });
}

}  // namespace mta_sts::tlsrpt
