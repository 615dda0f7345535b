#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/policy.hpp"
#include "publish/published_policy.hpp"
#include "steps/former.hpp"

namespace mta_sts::steps {

/// A policy that a domain is to have next.
struct NextPolicy {
  publish::PublishedPolicy published;
  std::uint32_t serial = 0;
  /// The words of a directive that mean it; none where it has fields that words cannot say.
  std::vector<std::string> words;
};

/// Makes it ready, with the first serial whose id was never in use: a sender may hold a later body under the
/// id of an earlier one, since it refreshes policies whose id has not changed, and would keep it. RFC 8461
/// sections 3.3 and 8.1, position P27.
[[nodiscard]] NextPolicy next_policy(const Periods& periods, const Live& live, const Policy& policy);

/// Gives the policy that a period served; mode none without mx where its bytes are not known.
[[nodiscard]] Policy policy_of(const store::ServedPeriod& period);

/// Tells since when the present policy is tested without a break: periods in mode testing with the same mx
/// and at least this max_age, and nothing else that was served meanwhile, as by a cache. 1970 where it is
/// not.
[[nodiscard]] std::chrono::sys_seconds tested_since(const Periods& periods, std::uint64_t max_age_seconds);

/// Tells until when senders may hold a policy that would refuse one of these hosts, if what is served now
/// ends now: enforce, without naming all of them; 1970 where none does. RFC 8461 sections 4.1 and 5.1.
[[nodiscard]] std::chrono::sys_seconds refused_until(const Periods& periods,
                                                     const std::vector<std::string>& mx,
                                                     std::chrono::sys_seconds now);

/// Tells whether these patterns name all of those.
[[nodiscard]] bool names_all(const std::vector<std::string>& patterns, const std::vector<std::string>& mx);

}  // namespace mta_sts::steps
