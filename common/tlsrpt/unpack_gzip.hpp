#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "tlsrpt/words.hpp"

namespace mta_sts::tlsrpt {

[[nodiscard]] constexpr bool looks_like_gzip(std::string_view bytes) {
  return bytes.starts_with("\x1F\x8B");
}

struct Unpacked {
  std::string bytes;
  bool has_trailing_bytes = false;  ///< something other than a further member followed
};

/// Unpacks gzip, all members of it, each with its checksum and length proved. Errors: gzip (corrupt or
/// truncated; what came out before is not used), too_big (over unpacked_limit_bytes). RFC 1952.
[[nodiscard]] std::expected<Unpacked, Problem> unpack_gzip(std::string_view bytes);

}  // namespace mta_sts::tlsrpt
