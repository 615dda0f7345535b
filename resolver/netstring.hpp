#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mta_sts::resolver {

enum class NetstringState : std::uint8_t {
  incomplete,  ///< the bytes so far begin one
  whole,
  too_long,  ///< it says that it is longer than allowed
  malformed,
};

/// What stands at the front of a client's bytes.
struct NetstringFront {
  NetstringState state = NetstringState::incomplete;
  std::string_view payload;  ///< with `whole`; views the input
  std::size_t taken = 0;     ///< bytes of the whole netstring
};

/// Reads the front of `input` as a netstring, `LENGTH:PAYLOAD,`: a length in decimal without leading zeros,
/// at most `limit_bytes`. Never looks further than the limit asks for. Source: D. J. Bernstein, "Netstrings"
/// (1997), the framing of Postfix's socketmap_table(5).
[[nodiscard]] NetstringFront read_netstring(std::string_view input, std::size_t limit_bytes);

/// Writes `payload` as a netstring.
[[nodiscard]] std::string to_netstring(std::string_view payload);

}  // namespace mta_sts::resolver
