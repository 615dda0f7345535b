#include "session_policy.hpp"

#include <algorithm>
#include <array>

namespace mta_sts::exim {
namespace {

// What a Policy Host did wrong before there was a policy to judge, in order.
constexpr std::array<std::string_view, 12> fetch_words{
    "address-not-public", "connect-failure", "content-encoding", "content-type", "dns-failure",
    "http-redirect",      "http-status",     "http-syntax",      "timeout",      "tls-handshake",
    "too-large",          "truncated"};

}  // namespace

std::optional<outcome::ResultType> fetch_result_type(std::string_view reason) {
  if (reason.starts_with("cert-")) {
    return outcome::ResultType::sts_webpki_invalid;
  }
  if (reason == "policy-invalid") {
    return outcome::ResultType::sts_policy_invalid;
  }
  return std::ranges::binary_search(fetch_words, reason)
             ? std::optional(outcome::ResultType::sts_policy_fetch_error)
             : std::nullopt;
}

outcome::PolicyOutcome policy_of_session(std::string_view domain, const Verdict& verdict) {
  outcome::PolicyOutcome policy;
  policy.domain = domain;
  policy.mx_hosts = verdict.mx;
  const auto failed_fetch = fetch_result_type(verdict.reason);
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
