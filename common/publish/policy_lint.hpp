#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cursor.hpp"

namespace mta_sts::publish {

/// error: senders refuse it, or some may; warning: allowed but unwise; note: what is known of mail providers
/// speaks against it, and only the domain's MX records tell.
enum class PolicySeverity : std::uint8_t { error, warning, note };

[[nodiscard]] std::string_view to_string(PolicySeverity severity);

/// One thing that is wrong or unwise in a policy file.
struct PolicyFinding {
  PolicySeverity severity = PolicySeverity::error;
  std::string word;                  ///< kebab-case, of docs/errors.md
  text::Position where;              ///< line and column in bytes, from 1
  std::string_view source;           ///< where the rule stands, e.g. "RFC 8461 section 3.2"
  std::string detail;                ///< one sentence, safe to show
  std::string_view line;             ///< the line at fault as it stands, a view into the policy
  std::optional<std::string> fixed;  ///< what should stand there, LF between lines; empty: the line goes
};

/// Looks at the bytes of a policy file as a publisher must: every fault under the strict reading, or, where
/// there is none, what is allowed but unwise, and what does not fit the mail provider that it names. In the
/// order of the lines. `policy` must outlive the findings. RFC 8461 section 3.2.
[[nodiscard]] std::vector<PolicyFinding> lint_policy(std::string_view policy);

}  // namespace mta_sts::publish
