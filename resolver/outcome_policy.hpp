#pragma once

#include "outcome/session_outcome.hpp"
#include "sender/decide/verdict_service.hpp"

namespace mta_sts::resolver {

/// Adds the text of the policy to a session's sts policies that a sender told without it, line by line as it
/// was served (RFC 8460 section 4.2, R135): Exim knows the mx alone. Nothing is added where the policy that
/// is live now is another one.
void add_policy_text(outcome::SessionOutcome& outcome, const sender::VerdictService& service);

}  // namespace mta_sts::resolver
