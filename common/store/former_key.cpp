#include "store/former_key.hpp"

namespace mta_sts::store {
namespace {

constexpr std::size_t number_bytes = 4;

}  // namespace

std::string former_prefix(Owner owner, std::string_view name) {
  std::string key(1, static_cast<char>(owner));
  key += name;
  key += '\0';  // no name has one, so no name's keys stand among those of another
  return key;
}

std::string former_key(Owner owner, std::string_view name, std::uint32_t number) {
  std::string key = former_prefix(owner, name);
  for (unsigned shift = 32; shift > 0; shift -= 8) {  // the greatest byte first: bytes sort as numbers do
    key += static_cast<char>(number >> (shift - 8) & 0xFFU);
  }
  return key;
}

std::optional<FormerKeyView> parse_former_key(std::string_view key) {
  const std::size_t end = key.find('\0');
  if (end == std::string_view::npos || end < 2 || key.size() != end + 1 + number_bytes ||
      (key.front() != static_cast<char>(Owner::domain) && key.front() != static_cast<char>(Owner::profile))) {
    return std::nullopt;
  }
  FormerKeyView parsed{.owner = static_cast<Owner>(key.front()), .name = key.substr(1, end - 1), .number = 0};
  for (const char c : key.substr(end + 1)) {
    parsed.number = parsed.number << 8U | static_cast<unsigned char>(c);
  }
  return parsed;
}

}  // namespace mta_sts::store
