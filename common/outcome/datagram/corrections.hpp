#pragma once

#include "outcome/session_outcome.hpp"

namespace mta_sts::outcome {

/// Corrects what senders are known to tell otherwise than RFC 8460 section 4.3 means it, and leaves out what
/// is not what section 4.4 has in its place:
/// - a certificate of an unknown authority is certificate-not-trusted; Postfix calls it validation-failure,
///   with OpenSSL's reason;
/// - receiving-mx-helo is the host's name; Postfix gives the whole answer to EHLO;
/// - a name that is longer than a domain name or has other bytes than visible ASCII is left out;
/// - an address that is none is left out, and others are written in one way (RFC 5952).
void correct(SessionOutcome& outcome);

}  // namespace mta_sts::outcome
