#include "steps/former.hpp"

#include <algorithm>

#include "policy/parse_policy.hpp"
#include "publish/published_policy.hpp"

namespace mta_sts::steps {

const store::ServedPeriod* present_of(const Periods& periods) {
  return periods.empty() || periods.back().until ? nullptr : &periods.back();
}

bool means_the_same(std::string_view body, const store::ServedPeriod& period) {
  if (body == period.body) {
    return true;
  }
  const auto published = publish::publish_policy_file(body, period.serial);
  return published && published->id == period.id;
}

std::vector<std::string> unknown_bodies(const Periods& periods, const Live& live) {
  std::vector<std::string> unknown;
  std::ranges::copy_if(live.bodies, std::back_inserter(unknown), [&](const std::string& body) {
    return std::ranges::none_of(periods, [&](const auto& period) { return means_the_same(body, period); });
  });
  return unknown;
}

std::vector<std::string> old_bodies(const Periods& periods, const Live& live) {
  const store::ServedPeriod* present = present_of(periods);
  std::vector<std::string> old;
  std::ranges::copy_if(live.bodies, std::back_inserter(old), [&](const std::string& body) {
    const auto policy = parse_policy(body, Reading::sender);
    return policy && policy->mode != Mode::none && (present == nullptr || !means_the_same(body, *present));
  });
  return old;
}

bool is_unannounced_test(const Periods& periods, const Live& live, std::chrono::sys_seconds now) {
  const store::ServedPeriod* present = present_of(periods);
  return present != nullptr && present->mode == Mode::testing && present->through.empty() &&
         now >= present->since + std::chrono::hours(1) && live.is_asked &&
         live.record.outcome != TxtOutcome::temp && live.record.id != present->id;
}

std::chrono::sys_seconds old_copies_until(const Periods& periods) {
  std::chrono::sys_seconds latest{};
  for (const store::ServedPeriod& period : periods) {
    if (period.mode != Mode::none && period.until) {
      const auto kept = std::min(period.max_age_seconds, max_age_limit_seconds);
      latest = std::max(latest, *period.until + std::chrono::seconds(kept));
    }
  }
  return latest;
}

bool is_old_policy_served(const Live& live) {
  return std::ranges::any_of(live.bodies, [](const std::string& body) {
    const auto policy = parse_policy(body, Reading::sender);
    return policy && policy->mode != Mode::none;
  });
}

std::vector<std::string> warnings_of_ids(const Periods& periods) {
  const store::ServedPeriod* present = present_of(periods);
  const bool is_used_again = present != nullptr && std::ranges::any_of(periods, [&](const auto& period) {
                               return period.id == present->id && period.body != present->body;
                             });
  if (!is_used_again) {
    return {};
  }
  return {
      "the id " + present->id +
      " stood for another body before: senders that hold that one do not fetch again; store the policy with "
      "another serial="};
}

Withdrawal next_withdrawal(const Periods& periods, const Live& live, std::chrono::sys_seconds now) {
  const store::ServedPeriod* present = present_of(periods);
  if (present == nullptr) {
    return Withdrawal::nothing;
  }
  if (present->mode != Mode::none) {
    return Withdrawal::put_none;
  }
  if (now < old_copies_until(periods) || is_old_policy_served(live)) {
    return Withdrawal::wait;
  }
  // A policy host that has no address, or refuses, serves no old policy; one that is silent may.
  return live.is_asked && live.served.known == Known::not_known ? Withdrawal::not_known : Withdrawal::remove;
}

}  // namespace mta_sts::steps
