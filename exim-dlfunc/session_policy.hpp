#pragma once

#include <string_view>

#include "outcome/session_outcome.hpp"
#include "verdict/verdict.hpp"

namespace mta_sts::exim {

/// Gives the policy that a session goes by, without failures and end: sts for enforce and testing, and where
/// a policy should be and could not be fetched, with that failure; else no-policy-found. The policy's text
/// and max_age are not on the verdict line.
[[nodiscard]] outcome::PolicyOutcome policy_of_session(std::string_view domain, const Verdict& verdict);

}  // namespace mta_sts::exim
