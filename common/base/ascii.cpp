#include "base/ascii.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace mta_sts::ascii {

namespace {

// Eight bytes at once. A byte without its highest bit reaches that bit by the first sum from 'A' on, by the
// second from behind 'Z'.
std::uint64_t to_lower(std::uint64_t block) {
  constexpr std::uint64_t each = 0x0101010101010101U;
  const std::uint64_t low = block & (0x7F * each);
  const std::uint64_t is_upper =
      ((low + (0x80 - 'A') * each) ^ (low + (0x7F - 'Z') * each)) & ~block & (0x80 * each);
  return block | is_upper >> 2;
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::size_t at = 0;
  std::uint64_t block = 0;
  for (; lower.size() - at >= sizeof(block); at += sizeof(block)) {
    std::memcpy(&block, lower.data() + at, sizeof(block));
    block = to_lower(block);
    std::memcpy(lower.data() + at, &block, sizeof(block));
  }
  for (; at < lower.size(); ++at) {
    lower[at] = to_lower(lower[at]);
  }
  return lower;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return to_lower(x) == to_lower(y); });
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace mta_sts::ascii
