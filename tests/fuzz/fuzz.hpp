#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace mta_sts::fuzz {

/// Ends the run where a property does not hold; the fuzzer keeps the input.
inline void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// Views the fuzzer's bytes as text.
inline std::string_view view_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Cuts a text at each `separator`: how one input becomes a list.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

/// Requires that a sentence may go to a terminal or a log as it is.
inline void require_safe(std::string_view shown) {
  require(!text::find_invalid_utf8(shown));
  for (const char c : shown) {
    require(!ascii::is_control(c) || c == '\n');
  }
}

}  // namespace mta_sts::fuzz
