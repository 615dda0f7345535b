#include "store/profile_name.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace mta_sts::store {
namespace {

constexpr std::size_t name_limit_bytes = 64;

bool is_plain(char c) {
  return ascii::is_lower(c) || ascii::is_digit(c);
}

}  // namespace

bool is_profile_name(std::string_view text) {
  return !text.empty() && text.size() <= name_limit_bytes && is_plain(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_plain(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace mta_sts::store
