#include "tlsrpt/read/text_safety.hpp"

#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr bool is_tricky(char32_t c) {
  const bool is_c1 = c >= 0x80 && c <= 0x9F;
  const bool is_mark = c == 0x061C || c == 0x200E || c == 0x200F;
  const bool is_embedding = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  return is_c1 || is_mark || is_embedding;
}

}  // namespace

bool is_safe_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      if (ascii::is_control(text[at])) {
        return false;
      }
      ++at;
      continue;
    }
    const auto character = text::decode_utf8(text.substr(at));
    if (!character || is_tricky(character->code_point)) {
      return false;
    }
    at += character->length;
  }
  return true;
}

}  // namespace mta_sts::tlsrpt
