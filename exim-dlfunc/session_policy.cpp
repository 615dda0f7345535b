#include "session_policy.hpp"

#include "outcome/fetch_result.hpp"

namespace mta_sts::exim {

outcome::PolicyOutcome policy_of_session(std::string_view domain, const Verdict& verdict) {
  outcome::PolicyOutcome policy;
  policy.domain = domain;
  policy.mx_hosts = verdict.mx;
  const auto failed_fetch = outcome::fetch_result_type(verdict.reason);
  const bool has_policy = verdict.mode == VerdictMode::enforce || verdict.mode == VerdictMode::testing;
  policy.type = has_policy || failed_fetch ? outcome::PolicyType::sts : outcome::PolicyType::no_policy_found;
  if (failed_fetch) {
    outcome::SessionFailure failure;
    failure.type = *failed_fetch;
    failure.reason_code = verdict.reason;
    policy.failures.push_back(std::move(failure));
    policy.has_failed = !has_policy;
  }
  return policy;
}

}  // namespace mta_sts::exim
