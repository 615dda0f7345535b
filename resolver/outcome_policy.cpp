#include "outcome_policy.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "outcome/fetch_result.hpp"
#include "policy/policy.hpp"

namespace mta_sts::resolver {
namespace {

void add_lines(std::vector<std::string>& lines, std::string_view body) {
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    lines.emplace_back(line.substr(0, line.find_last_not_of('\r') + 1));
    body.remove_prefix(std::min(end + 1, body.size()));
  }
}

// Exim knows the mx alone.
void add_policy_text(outcome::PolicyOutcome& policy, const sender::Explanation::Policy& known) {
  if (policy.policy_string.empty() && !policy.mx_hosts.empty() && known.mx == policy.mx_hosts) {
    add_lines(policy.policy_string, known.body);
  }
}

void put_failure(outcome::PolicyOutcome& policy, outcome::ResultType type, std::string word) {
  outcome::SessionFailure failure;
  failure.type = type;
  failure.reason_code = std::move(word);
  policy.failures.insert(policy.failures.begin(), std::move(failure));
}

// The session went on under the cached policy: how it ended stays as it was told.
void add_failed_refresh(outcome::PolicyOutcome& policy, const sender::Explanation& known) {
  if (known.failed_refreshes == 0 || known.failures.empty()) {
    return;
  }
  const std::string& word = known.failures.back().word;
  if (const auto type = outcome::fetch_result_type(word)) {
    put_failure(policy, *type, word);
  }
}

void complete_sts(outcome::PolicyOutcome& policy, const sender::VerdictService& service) {
  const sender::Explanation known = service.explain(policy.domain);
  if (known.policy && known.policy->live) {
    add_policy_text(policy, *known.policy);
    if (known.policy->mode != to_string(Mode::none)) {
      add_failed_refresh(policy, known);
    }
  }
}

// Postfix gets no policy then, and says so.
void add_failed_fetch(outcome::PolicyOutcome& policy, const std::string& domain,
                      const sender::VerdictService& service) {
  Verdict verdict = service.explain(domain).verdict;
  const auto type =
      verdict.mode == VerdictMode::none ? outcome::fetch_result_type(verdict.reason) : std::nullopt;
  if (!type) {
    return;
  }
  policy.type = outcome::PolicyType::sts;
  policy.domain = domain;
  policy.has_failed = true;
  put_failure(policy, *type, std::move(verdict.reason));
}

}  // namespace

void complete_outcome(outcome::SessionOutcome& outcome, const sender::VerdictService& service) {
  for (outcome::PolicyOutcome& policy : outcome.policies) {
    switch (policy.type) {
      case outcome::PolicyType::sts:
        complete_sts(policy, service);
        break;
      case outcome::PolicyType::no_policy_found:
        add_failed_fetch(policy, outcome.domain, service);
        break;
      case outcome::PolicyType::tlsa:
        break;
    }
  }
}

}  // namespace mta_sts::resolver
