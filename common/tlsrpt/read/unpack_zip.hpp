#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tlsrpt/model/words.hpp"
#include "tlsrpt/read/byte_source.hpp"

namespace mta_sts::tlsrpt {

[[nodiscard]] constexpr bool looks_like_zip(std::string_view bytes) {
  return bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06") ||
         bytes.starts_with("PK\x07\x08");
}

/// An archive may unpack to this much more than unpacked_limit_bytes for each byte that it has: ten times
/// what JSON reports ever compress, a tenth of what a bomb does.
inline constexpr std::size_t zip_ratio_limit = 200;

/// Unpacks a zip archive entry by entry, the whole never in memory, and calls `accept(name, bytes)` for each
/// file. `bytes` may be moved from. What cannot be unpacked goes to `findings`: zip, too_big; the entries
/// before and, where the archive still makes sense, behind it are given.
void unpack_zip(ByteSource& source, Findings& findings,
                const std::function<void(std::string_view name, std::string& bytes)>& accept);

}  // namespace mta_sts::tlsrpt
