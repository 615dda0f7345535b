#include "outcome_policy.hpp"

#include <algorithm>
#include <string_view>

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

}  // namespace

void add_policy_text(outcome::SessionOutcome& outcome, const sender::VerdictService& service) {
  for (outcome::PolicyOutcome& policy : outcome.policies) {
    if (policy.type != outcome::PolicyType::sts || !policy.policy_string.empty() || policy.mx_hosts.empty()) {
      continue;
    }
    const auto known = service.explain(policy.domain).policy;
    if (known && known->live && known->mx == policy.mx_hosts) {
      add_lines(policy.policy_string, known->body);
    }
  }
}

}  // namespace mta_sts::resolver
