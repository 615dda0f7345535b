#pragma once

#include <optional>
#include <string_view>

#include "outcome/session_outcome.hpp"
#include "verdict/verdict.hpp"

namespace mta_sts::exim {

/// Gives the result type of a failed fetch of a policy, by the word that the verdict has for it; nothing for
/// a word of another kind. RFC 8460 section 4.3, position P22.
[[nodiscard]] std::optional<outcome::ResultType> fetch_result_type(std::string_view reason);

/// Gives the policy that a session goes by, without failures and end: sts for enforce and testing, and where
/// a policy should be and could not be fetched, with that failure; else no-policy-found. The policy's text
/// and max_age are not on the verdict line.
[[nodiscard]] outcome::PolicyOutcome policy_of_session(std::string_view domain, const Verdict& verdict);

}  // namespace mta_sts::exim
