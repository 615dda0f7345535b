#pragma once

#include <string>

#include "policy/policy.hpp"

namespace mta_sts {

/// Gives the policy's bytes: version, mode, mx in the order given, max_age, then the extensions in theirs,
/// CRLF after every line. parse_policy(strict) of the result is the same policy. RFC 8461 section 3.2, R28.
[[nodiscard]] std::string render_policy(const Policy& policy);

}  // namespace mta_sts
