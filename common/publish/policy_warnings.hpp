#pragma once

#include <span>
#include <vector>

#include "publish/policy_causes.hpp"
#include "publish/policy_finding.hpp"

namespace mta_sts::publish {

/// At most this many warnings and notes of one policy are told.
inline constexpr std::size_t policy_warnings_limit = 200;

/// Looks for what is allowed but unwise in the lines of a policy, whose faults are mended where they can be,
/// and for what does not fit the mail provider that it names. In the order of the lines. RFC 8461 sections
/// 3.2 and 10.2.
[[nodiscard]] std::vector<PolicyFinding> find_policy_warnings(std::span<const PolicyTextLine> lines);

}  // namespace mta_sts::publish
