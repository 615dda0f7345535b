#pragma once

#include "outcome/session_outcome.hpp"

namespace mta_sts::outcome {

/// Corrects what senders are known to tell otherwise than RFC 8460 section 4.3 means it:
/// - a certificate of an unknown authority is certificate-not-trusted; Postfix calls it validation-failure,
///   with OpenSSL's reason;
/// - receiving-mx-helo is the host's name; Postfix gives the whole answer to EHLO.
void correct(SessionOutcome& outcome);

}  // namespace mta_sts::outcome
