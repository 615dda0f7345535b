#pragma once

#include <string>
#include <string_view>

namespace mta_sts {

/// Gives the SHA-256 of bytes as 64 lower-case hex digits. Throws bad_alloc where libcrypto has no memory:
/// no digest is ever guessed.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

/// The same of SHA-512, 128 digits.
[[nodiscard]] std::string sha512_hex(std::string_view bytes);

}  // namespace mta_sts
