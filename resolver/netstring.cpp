#include "netstring.hpp"

#include "base/ascii.hpp"
#include "base/cursor.hpp"

namespace mta_sts::resolver {

NetstringFront read_netstring(std::string_view input, std::size_t limit_bytes) {
  constexpr NetstringFront malformed{.state = NetstringState::malformed, .payload = {}, .taken = 0};
  text::Cursor cursor(input);
  std::size_t length = 0;
  while (!cursor.at_end() && !cursor.sees(':')) {
    const char digit = cursor.rest().front();
    if (!ascii::is_digit(digit) || (length == 0 && cursor.offset() > 0)) {
      return malformed;  // no digit, or one behind a leading zero
    }
    length = length * 10 + static_cast<std::size_t>(digit - '0');
    if (length > limit_bytes) {
      return {.state = NetstringState::too_long, .payload = {}, .taken = 0};
    }
    cursor.take(digit);
  }
  const std::size_t colon = cursor.offset();
  if (!cursor.take(':')) {
    return {};
  }
  if (colon == 0) {
    return malformed;
  }
  const std::string_view rest = cursor.rest();
  if (rest.size() <= length) {
    return {};
  }
  if (rest[length] != ',') {
    return malformed;
  }
  return {.state = NetstringState::whole, .payload = rest.substr(0, length), .taken = colon + 1 + length + 1};
}

std::string to_netstring(std::string_view payload) {
  std::string netstring = std::to_string(payload.size());
  netstring.reserve(netstring.size() + payload.size() + 2);
  netstring += ':';
  netstring += payload;
  netstring += ',';
  return netstring;
}

}  // namespace mta_sts::resolver
