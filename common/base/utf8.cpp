#include "base/utf8.hpp"

#include <array>
#include <cstdint>

namespace mta_sts::text {
namespace {

struct LeadByte {
  std::size_t length = 0;
  char32_t bits = 0;
  char32_t least = 0;  // a smaller code point in this many bytes is overlong
};

constexpr std::uint8_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<std::uint8_t>(text[i]);
}

std::optional<LeadByte> classify(std::uint8_t lead) {
  if (lead < 0x80) {
    return LeadByte{.length = 1, .bits = lead, .least = 0};
  }
  if ((lead & 0xE0) == 0xC0) {
    return LeadByte{.length = 2, .bits = lead & 0x1FU, .least = 0x80};
  }
  if ((lead & 0xF0) == 0xE0) {
    return LeadByte{.length = 3, .bits = lead & 0x0FU, .least = 0x800};
  }
  if ((lead & 0xF8) == 0xF0) {
    return LeadByte{.length = 4, .bits = lead & 0x07U, .least = 0x10000};
  }
  return std::nullopt;
}

// What a terminal may obey, or a reader not see: not shown as it is.
constexpr bool is_unsafe_to_show(char32_t c) {
  const bool is_control = c < 0x20 || (c >= 0x7F && c <= 0x9F);
  const bool is_separator = c == 0x2028 || c == 0x2029;
  const bool is_bidi = c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
                       (c >= 0x2066 && c <= 0x2069);
  const bool is_invisible = c == 0x00AD || (c >= 0x200B && c <= 0x200D) || (c >= 0x2060 && c <= 0x2064) ||
                            c == 0xFEFF || (c >= 0xE0000 && c <= 0xE007F);
  return is_control || is_separator || is_bidi || is_invisible;
}

std::string hex(char32_t value, std::size_t least_digits) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (; value != 0 || out.size() < least_digits; value >>= 4) {
    out.insert(out.begin(), digits[value & 0xF]);
  }
  return out;
}

}  // namespace

std::optional<Utf8Character> decode_utf8(std::string_view text) {
  if (text.empty()) {
    return std::nullopt;
  }
  const auto lead = classify(byte_at(text, 0));
  if (!lead || text.size() < lead->length) {
    return std::nullopt;
  }
  char32_t code_point = lead->bits;
  for (std::size_t i = 1; i < lead->length; ++i) {
    if ((byte_at(text, i) & 0xC0) != 0x80) {
      return std::nullopt;
    }
    code_point = (code_point << 6) | (byte_at(text, i) & 0x3FU);
  }
  const bool is_surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (code_point < lead->least || code_point > 0x10FFFF || is_surrogate) {
    return std::nullopt;
  }
  return Utf8Character{.code_point = code_point, .length = lead->length};
}

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto character = decode_utf8(text.substr(at));
    if (!character) {
      return at;
    }
    at += character->length;
  }
  return std::nullopt;
}

std::string escape_for_display(std::string_view text, std::size_t limit_bytes) {
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    if (at >= limit_bytes) {
      return shown + "...";
    }
    const auto character = decode_utf8(text.substr(at));
    if (!character) {
      shown += "\\x" + hex(byte_at(text, at), 2);
      ++at;
      continue;
    }
    if (character->code_point == U'\\') {
      shown += "\\\\";
    } else if (is_unsafe_to_show(character->code_point)) {
      shown += character->code_point < 0x80 ? "\\x" + hex(character->code_point, 2)
                                            : "\\u{" + hex(character->code_point, 4) + "}";
    } else {
      shown += text.substr(at, character->length);
    }
    at += character->length;
  }
  return shown;
}

std::string quote_for_display(std::string_view text, std::size_t limit_bytes) {
  std::string quoted(1, '"');
  quoted += escape_for_display(text, limit_bytes);
  quoted += '"';
  return quoted;
}

}  // namespace mta_sts::text
