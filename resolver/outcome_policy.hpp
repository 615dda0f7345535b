#pragma once

#include "outcome/session_outcome.hpp"
#include "sender/decide/verdict_service.hpp"

namespace mta_sts::resolver {

/// Adds what the resolver knows better than the mail server that told of a session:
/// - the text of an sts policy that was told without it, line by line as it was served (RFC 8460 section
///   4.2, R135), where the policy that is live now has the same mx;
/// - that the policy which is live could not be fetched anew: a failure beside the others, which does not
///   change how the session ended (RFC 8461 section 6, R127);
/// - why there was no policy, where a fetch has failed: the session counts under sts then, as failed (RFC
///   8460 section 4.3).
void complete_outcome(outcome::SessionOutcome& outcome, const sender::VerdictService& service);

}  // namespace mta_sts::resolver
