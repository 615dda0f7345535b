#pragma once

#include <string>
#include <string_view>

namespace mta_sts::ascii {

/// Character classes of US-ASCII, whatever the locale: the protocols know no other (RFC 5234 appendix B.1).
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_alpha(char c) {
  return is_upper(c) || is_lower(c);
}
constexpr bool is_alnum(char c) {
  return is_alpha(c) || is_digit(c);
}
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
/// SP, HTAB, CR or LF: white space of folded header fields and of JSON.
constexpr bool is_space(char c) {
  return is_blank(c) || c == '\r' || c == '\n';
}
constexpr bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

constexpr char to_lower(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Gives `text` with A to Z in lower case; every other byte stays.
[[nodiscard]] std::string to_lower(std::string_view text);

/// Tells whether two texts are equal but for the case of ASCII letters.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

/// Tells whether `text` begins with `prefix`, ASCII case ignored.
[[nodiscard]] bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);

/// Cuts SP and HTAB off both ends; no other character counts as white space.
[[nodiscard]] std::string_view trim_blanks(std::string_view text);

}  // namespace mta_sts::ascii
