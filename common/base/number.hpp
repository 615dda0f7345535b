#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mta_sts::text {

/// Reads a decimal number that is the whole of `digits`: one digit or more, leading zeros allowed, no sign,
/// no white space. Nothing where it is no such number, or over `limit`.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view digits, std::uint64_t limit);

/// Writes a number for people, its digits in groups of three: 1,234,567.
[[nodiscard]] std::string render_grouped(std::uint64_t value);

}  // namespace mta_sts::text
