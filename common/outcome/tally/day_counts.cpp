#include "outcome/tally/day_counts.hpp"

#include <utility>

namespace mta_sts::outcome {
namespace {

void append(std::string& key, std::string_view text) {
  key += std::to_string(text.size());
  key += ' ';
  key += text;
}

std::string key_of(std::chrono::sys_days day, const std::string& domain, const PolicyOutcome& policy) {
  std::string key = std::to_string(day.time_since_epoch().count());
  append(key, domain);
  key += ' ';
  key += std::to_string(std::to_underlying(policy.type));
  key += ' ';
  append(key, policy.domain);
  for (const std::vector<std::string>* lines : {&policy.policy_string, &policy.mx_hosts}) {
    key += std::to_string(lines->size());
    key += ' ';
    for (const std::string& line : *lines) {
      append(key, line);
    }
  }
  return key;
}

}  // namespace

bool DayCounts::add(std::chrono::sys_days day, SessionOutcome outcome) {
  std::size_t most = outcome.policies.size();
  for (const PolicyOutcome& policy : outcome.policies) {
    most += policy.failures.size();
  }
  if (kinds_ + most > limit_) {
    return false;
  }
  for (PolicyOutcome& policy : outcome.policies) {
    const std::vector<SessionFailure> failures = std::exchange(policy.failures, {});
    const bool has_failed = std::exchange(policy.has_failed, false);
    const auto [place, is_new] = counts_.try_emplace(key_of(day, outcome.domain, policy));
    PolicyCount& count = place->second;
    if (is_new) {
      ++kinds_;
      count.day = day;
      count.domain = outcome.domain;
      count.policy = std::move(policy);
    }
    if (!outcome.record.empty()) {
      count.record = outcome.record;
    }
    ++(has_failed ? count.failure : count.success);
    for (const SessionFailure& failure : failures) {
      kinds_ += ++count.failures[failure] == 1 ? 1 : 0;
    }
  }
  return true;
}

std::vector<PolicyCount> DayCounts::take() {
  std::vector<PolicyCount> taken;
  taken.reserve(counts_.size());
  for (auto& [key, count] : counts_) {
    taken.push_back(std::move(count));
  }
  counts_.clear();
  kinds_ = 0;
  return taken;
}

}  // namespace mta_sts::outcome
