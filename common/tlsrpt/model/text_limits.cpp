#include "tlsrpt/model/text_limits.hpp"

#include <array>
#include <charconv>

#include "base/utf8.hpp"
#include "tlsrpt/model/duplicates.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::string_view cut_mark = "...";
constexpr std::size_t digits_of_mark = 16;
constexpr std::size_t odd_characters = 3;
constexpr std::string_view odd_bytes("\0\x1A", 2);

// The bytes of `text` that have `limit` characters at most.
std::size_t bytes_within(std::string_view text, std::size_t limit) {
  std::size_t at = 0;
  for (std::size_t characters = 0; at < text.size();) {
    const auto character = text::decode_utf8(text.substr(at));
    const bool is_odd = !character || odd_bytes.contains(text[at]);
    characters += is_odd ? odd_characters : 1;
    if (characters > limit) {
      break;
    }
    at += character ? character->length : 1;
  }
  return at;
}

std::string hex_of(std::uint64_t number) {
  std::array<char, digits_of_mark> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  std::string hex(digits.data(), end);
  return hex.insert(0, digits_of_mark - hex.size(), '0');
}

}  // namespace

std::optional<std::string> cut_text(std::string_view text, std::size_t limit) {
  if (text.size() <= limit / odd_characters || bytes_within(text, limit) == text.size()) {
    return std::nullopt;
  }
  const std::size_t kept = bytes_within(text, limit - cut_mark.size() - digits_of_mark);
  return std::string(text.substr(0, kept)).append(cut_mark).append(hex_of(key_mark(text, {}, {}, {})));
}

}  // namespace mta_sts::tlsrpt
