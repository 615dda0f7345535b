#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <system_error>

#include "cli/pch.hpp"

namespace mta_sts::cli {

/// Takes whole numbers from `least` to `most` in digits. CLI11's own check says it in other words with each
/// version, and takes what does not end as a number.
template <std::integral Number>
CLI::Validator number_range(Number least, Number most) {
  const std::string low = std::to_string(least);
  const std::string high = std::to_string(most);
  return CLI::Validator(
      [=](const std::string& word) -> std::string {
        Number number{};
        const char* end = word.data() + word.size();
        const auto [at, error] = std::from_chars(word.data(), end, number);
        const bool fits = error == std::errc() && at == end && least <= number && number <= most;
        return fits ? "" : "Value " + word + " not in range " + low + " to " + high;
      },
      (std::unsigned_integral<Number> ? "UINT in [" : "INT in [") + low + " - " + high + "]");
}

}  // namespace mta_sts::cli
