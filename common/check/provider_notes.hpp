#pragma once

#include <string>
#include <vector>

#include "check/case.hpp"

namespace mta_sts::check {

/// A finding about one mx line of the policy.
struct ProviderNote {
  std::string pattern;
  CheckFinding finding;
};

/// Gives what is to be said of the policy's mx lines by what is known of mail providers, as far as the
/// domain's MX records bear it out: what its mail does not need has no note. The fix has the lines for these
/// MX hosts. Empty where there is nothing to compare: no policy or mode none, a null MX, a failed MX lookup.
[[nodiscard]] std::vector<ProviderNote> provider_notes(const Case& c);

}  // namespace mta_sts::check
