#pragma once

#include <string>
#include <string_view>

namespace mta_sts::tlsrpt {

/// Decodes base64 as mail has it, RFC 2045 section 6.8: bytes that are no digits are passed over. What some
/// senders write is read too: no padding at the end, and several texts with their padding, one behind the
/// other. Never fails: of a single digit that is left over nothing comes.
[[nodiscard]] std::string decode_base64(std::string_view text);

}  // namespace mta_sts::tlsrpt
