#pragma once

#include <string>
#include <string_view>

namespace mta_sts::text {

/// Gives octets as lower-case hex digits, two for each.
[[nodiscard]] inline std::string to_hex(std::string_view octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  hex.reserve(octets.size() * 2);
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    hex += digits[octet >> 4U];
    hex += digits[octet & 0xFU];
  }
  return hex;
}

/// The same of octets as the libraries in C give them.
[[nodiscard]] inline std::string to_hex(const unsigned char* octets, std::size_t size) {
  return to_hex(std::string_view(reinterpret_cast<const char*>(octets), size));
}

}  // namespace mta_sts::text
