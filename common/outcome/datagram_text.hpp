#pragma once

#include <string>
#include <string_view>

#include "outcome/session_outcome.hpp"

namespace mta_sts::outcome {

/// The file beside a socket for datagrams whose size is the number of those that were lost: the socket's name
/// and this. The socket's owner makes it, and senders write a byte to its end for each.
inline constexpr std::string_view lost_count_suffix = ".lost";

/// Writes a session's outcome as a datagram of libtlsrpt's protocol, version "1", that parse_datagram reads
/// back. Texts may be any bytes of a peer: what is not UTF-8 becomes "?". Empty texts and lists are left out.
[[nodiscard]] std::string render_datagram(const SessionOutcome& outcome);

}  // namespace mta_sts::outcome
