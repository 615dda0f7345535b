#include "base/number.hpp"

#include <charconv>

namespace mta_sts::text {

std::optional<std::uint64_t> parse_decimal(std::string_view digits, std::uint64_t limit) {
  std::uint64_t value = 0;
  const char* const begin = digits.data();
  const char* const end = begin + digits.size();
  const auto [stop, error] = std::from_chars(begin, end, value);  // takes no sign for unsigned types
  if (error != std::errc() || stop != end || value > limit) {
    return std::nullopt;
  }
  return value;
}

std::string render_grouped(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t i = digits.size(); i > 3;) {
    i -= 3;
    digits.insert(i, 1, ',');
  }
  return digits;
}

}  // namespace mta_sts::text
