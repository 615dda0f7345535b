#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "publish/policy_finding.hpp"

namespace mta_sts::publish {

/// A line that went (its number in the old file) or came (its number in the new one).
struct DifferenceLine {
  bool is_new = false;
  std::size_t number = 1;
  std::string text;  ///< as it stands, of any bytes but line ends
};

/// A policy file after all mends that keep what was meant.
struct MendedPolicy {
  std::string text;                        ///< the bytes as given where nothing was mended
  std::vector<DifferenceLine> difference;  ///< from the top; empty where nothing was mended
};

/// Applies the mends of lint_policy, and those of what comes to light then, until none is left: of errors and
/// warnings, but no advice. The lines end as the first one does (LF where that is a CR alone), the last one
/// too. Works on any bytes; judge the result by keeps_from_mending.
[[nodiscard]] MendedPolicy mend_policy(std::string_view policy);

/// Tells whether a policy with these findings must not be written as a mended one: a fault is left, or a
/// placeholder or another thing that only its author can decide.
[[nodiscard]] bool keeps_from_mending(std::span<const PolicyFinding> findings);

}  // namespace mta_sts::publish
