#pragma once

#include <string>
#include <string_view>

namespace mta_sts::text {

/// Gives bytes as lower-case hex digits, two for each.
[[nodiscard]] inline std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += digits[byte >> 4U];
    hex += digits[byte & 0xFU];
  }
  return hex;
}

/// The same of bytes as the libraries in C give them.
[[nodiscard]] inline std::string to_hex(const unsigned char* bytes, std::size_t size) {
  return to_hex(std::string_view(reinterpret_cast<const char*>(bytes), size));
}

}  // namespace mta_sts::text
