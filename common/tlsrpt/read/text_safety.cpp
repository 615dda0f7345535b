#include "tlsrpt/read/text_safety.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

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

constexpr std::size_t block_bytes = sizeof(std::uint64_t);

// Tells whether all of the eight bytes at `at` are printable ASCII.
bool is_printable_block(std::string_view text, std::size_t at) {
  constexpr std::uint64_t each = 0x0101010101010101U;
  std::uint64_t block = 0;
  std::memcpy(&block, text.data() + at, block_bytes);
  // The highest bit of a byte under 0x20 is set by the first, of 0x7F by the last.
  return (((block - 0x20 * each) | block | (block + each)) & (0x80 * each)) == 0;
}

}  // namespace

bool is_safe_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (text.size() >= block_bytes) {
      const std::size_t block_at = std::min(at, text.size() - block_bytes);
      if (is_printable_block(text, block_at)) {
        at = block_at + block_bytes;
        continue;
      }
    }
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
