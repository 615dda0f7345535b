#include <algorithm>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/domain_name.hpp"
#include "policy/parse_policy.hpp"

namespace mta_sts {

bool is_mx_pattern(std::string_view pattern, Reading reading) {
  if (pattern.size() > domain_name_limit_bytes) {  // P15: with the "*."
    return false;
  }
  text::Cursor cursor(pattern);
  cursor.take("*.");
  const std::string_view domain = cursor.rest();
  do {
    if (!is_host_label(cursor.take_while([](char c) { return c != '.'; }))) {
      return false;
    }
  } while (cursor.take('.'));
  const bool is_numeric = std::ranges::all_of(domain, [](char c) { return ascii::is_digit(c) || c == '.'; });
  return reading == Reading::sender || !is_numeric;  // P14
}

}  // namespace mta_sts
