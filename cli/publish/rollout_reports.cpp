#include "cli/publish/rollout_reports.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "base/number.hpp"
#include "base/utc_time.hpp"
#include "base/utf8.hpp"

namespace mta_sts::cli {
namespace {

using steps::Known;

class Sums final : public tlsrpt::RowSink {
 public:
  void session(const tlsrpt::SessionRow& row) override {
    if (!is_ignored(row.authentication)) {
      metrics.add(row);
    }
  }
  void failure(const tlsrpt::FailureRow& row) override {
    if (is_ignored(row.authentication)) {
      return;
    }
    metrics.add(row);
    if (row.result_type.starts_with("sts-")) {
      without_policy_ = tlsrpt::saturating_add(without_policy_, row.count);
    }
  }

  // Sessions under the policy, and those that failed to get it, which some senders report as without policy.
  // Where others came through without one, or under DANE, that says nothing of this policy.
  [[nodiscard]] tlsrpt::Sessions under_policy() const {
    tlsrpt::Sessions sessions = of_type("sts");
    sessions.add({.failure = std::min(without_policy_, of_type("no-policy-found").failure)});
    return sessions;
  }

  [[nodiscard]] tlsrpt::Sessions of_type(std::string_view type) const {
    const auto found = metrics.policy_types.find(type);
    return found == metrics.policy_types.end() ? tlsrpt::Sessions() : found->second;
  }

  tlsrpt::Metrics metrics;

 private:
  // Who may not have written it must not move a stage (RFC 8460 section 3); the rates of `tlsrpt show` have
  // it.
  static bool is_ignored(tlsrpt::Authentication authentication) {
    return authentication == tlsrpt::Authentication::not_authenticated;
  }

  std::uint64_t without_policy_ = 0;
};

// The type that fails most, which is where to look first.
std::string worst_of(const tlsrpt::Metrics& metrics) {
  const auto worst = std::ranges::max_element(
      metrics.types, {}, [](const auto& type) -> std::uint64_t { return type.second.count; });
  return worst == metrics.types.end() ? "" : ", mostly " + text::escape_for_display(worst->first, 80);
}

}  // namespace

std::expected<steps::NetworkAnswer, tlsrpt::HistoryError> judge_reports(const RolloutReports& reports,
                                                                        const std::string& domain,
                                                                        std::chrono::sys_days since) {
  if (!tlsrpt::is_server_address(reports.name) && access(reports.name.c_str(), F_OK) != 0 &&
      errno == ENOENT) {
    return steps::NetworkAnswer{
        .known = Known::not_known,
        .detail = "there is no history of TLS reports at " + text::escape_for_display(reports.name)};
  }
  const auto history = tlsrpt::open_history(reports.name, tlsrpt::HistoryAccess::read);
  if (!history) {
    return std::unexpected(history.error());
  }
  Sums sums;
  if (const auto visited = (*history)->visit({.since = since, .domain = domain}, sums); !visited) {
    return std::unexpected(visited.error());
  }
  const std::string days = " since " + utc_text(since).substr(0, 10);
  if (sums.of_type("sts").empty()) {
    return steps::NetworkAnswer{.known = Known::not_known,
                                .detail = "no report tells of a session under this policy" + days};
  }
  const tlsrpt::Sessions total = sums.under_policy();
  const bool is_met = total.meets(reports.target).value_or(false);
  const std::string rate = total.rate_beside(reports.target).value_or("0") + " % of " +
                           text::render_grouped(tlsrpt::saturating_add(total.success, total.failure)) +
                           " reported sessions under this policy succeeded" + days;
  return steps::NetworkAnswer{
      .known = is_met ? Known::yes : Known::no,
      .detail =
          is_met ? rate : rate + ", the target is " + reports.target.text() + " %" + worst_of(sums.metrics)};
}

}  // namespace mta_sts::cli
