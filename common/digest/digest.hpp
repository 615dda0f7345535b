#pragma once

#include <string>
#include <string_view>

namespace mta_sts {

/// Gives the SHA-256 of bytes as 64 lower-case hex digits. Throws bad_alloc where libcrypto has no memory:
/// no digest is ever guessed.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

/// The same of SHA-512, 128 digits.
[[nodiscard]] std::string sha512_hex(std::string_view bytes);

/// Gives the HMAC-SHA256 of bytes under a key, RFC 2104, as 64 lower-case hex digits. Throws bad_alloc as
/// above.
[[nodiscard]] std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);

/// Tells whether two texts are the same, in a time that does not depend on where they differ: so that whoever
/// guesses a digest learns nothing from how long the answer takes.
[[nodiscard]] bool is_same_digest(std::string_view one, std::string_view other);

}  // namespace mta_sts
