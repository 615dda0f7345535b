#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.hpp"
#include "publish/mx_notes.hpp"
#include "publish/policy_finding.hpp"

namespace mta_sts::publish {

/// What is allowed but unwise in a value of a policy: the one list for lint, directives and `render`.
struct PolicyAdvice {
  PolicySeverity severity = PolicySeverity::warning;
  std::string_view word;                           ///< of docs/errors.md
  std::string detail;                              ///< one sentence, without a line of the policy
  std::optional<std::uint64_t> max_age_seconds{};  ///< what is advised in place of a max_age
};

/// Looks at a max_age: under a day, with enforce under a week, while testing or with none over one. Without a
/// mode only the first is told. RFC 8461 sections 3.2 and 10.2, R40.
[[nodiscard]] std::optional<PolicyAdvice> advise_max_age(std::optional<Mode> mode, std::uint64_t seconds);

/// Looks at a valid mx pattern by itself: whether it is no full name of a host, or accepts every host under a
/// top-level domain. R41.
[[nodiscard]] std::optional<PolicyAdvice> advise_pattern(std::string_view pattern);

/// Words what is known of mail providers and placeholders.
[[nodiscard]] PolicyAdvice advice_of(const MxNote& note, std::string_view pattern);

/// Gives the warnings of a policy that is going to be served, "word: sentence" each, for the host's log. Less
/// than lint's: no notes, a max_age of a day or more with enforce alone, no mx of mode none (no mail depends
/// on it), and no names of one label or of RFC 2606, which tests and documents serve on purpose.
[[nodiscard]] std::vector<std::string> policy_warnings(const Policy& policy);

}  // namespace mta_sts::publish
