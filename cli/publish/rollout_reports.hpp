#pragma once

#include <chrono>
#include <expected>
#include <string>

#include "steps/live.hpp"
#include "tlsrpt/history/history.hpp"

namespace mta_sts::cli {

/// Where a rollout finds what senders reported, and what they must have reached.
struct RolloutReports {
  std::string name;  ///< of the history of `mta-sts tlsrpt`
  tlsrpt::Target target;
};

/// Tells whether the sessions under the domain's MTA-STS policy that were reported since a day meet the
/// target: not known where there is no history, or no report that tells of a session under a policy of
/// MTA-STS. Reports that the domain's mail server found not to be authentic count for nothing. Error: the
/// history cannot be used.
[[nodiscard]] std::expected<steps::NetworkAnswer, tlsrpt::HistoryError> judge_reports(
    const RolloutReports& reports, const std::string& domain, std::chrono::sys_days since);

}  // namespace mta_sts::cli
