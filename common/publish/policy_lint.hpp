#pragma once

#include <string_view>
#include <vector>

#include "publish/policy_finding.hpp"

namespace mta_sts::publish {

/// Looks at the bytes of a policy file as a publisher must: every fault under the strict reading, what is
/// allowed but unwise, and what does not fit the mail provider that it names. What is of the whole file comes
/// first (it is no policy; all lines are indented; a field is missing) and leaves out what it explains; the
/// rest follows in the order of the lines. `policy` must outlive the findings. RFC 8461 section 3.2.
[[nodiscard]] std::vector<PolicyFinding> lint_policy(std::string_view policy);

}  // namespace mta_sts::publish
