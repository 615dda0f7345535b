#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/paint.hpp"
#include "publish/policy_finding.hpp"
#include "publish/policy_mend.hpp"

namespace mta_sts::cli {

/// Gives the lines for a terminal of a finding: what is wrong, where it stands with a caret below, and the
/// mend with its action. `name` is that of the file, safe to show.
[[nodiscard]] std::vector<std::string> render_finding(const std::string& name,
                                                      const publish::PolicyFinding& finding,
                                                      const Paint& paint);

/// Gives the lines of a difference: "-2: mode: Enforce" for a line that went, "+2: mode: enforce" for one
/// that came.
[[nodiscard]] std::vector<std::string> render_difference(
    const std::vector<publish::DifferenceLine>& difference, const Paint& paint);

}  // namespace mta_sts::cli
