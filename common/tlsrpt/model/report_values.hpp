#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mta_sts::tlsrpt {

/// A date-time, and whether it is written as RFC 3339 section 5.6 has it.
struct DateTime {
  std::chrono::sys_seconds time;
  bool is_regular = true;
};

/// Where a bare date stands: it means the first or the last second of its day.
enum class DateEdge { start, end };

/// Reads a date-time: RFC 3339; without zone (UTC, seen from Microsoft), with "UTC", without seconds, with
/// blanks around it or a blank for the T; ISO 8601's basic form, without T too, and 24:00:00; a bare date;
/// RFC 5322's form; seconds since 1970, or thousandths, millionths or billionths of them. Nothing for
/// anything else, and outside the years 1970 to 9999.
[[nodiscard]] std::optional<DateTime> parse_date_time(std::string_view text, DateEdge edge);

/// Writes RFC 3339 in UTC, "2026-03-02T00:00:00Z".
[[nodiscard]] std::string render_date_time(std::chrono::sys_seconds time);

/// Writes the date alone, "2026-03-02".
[[nodiscard]] std::string render_day(std::chrono::sys_days day);

/// Reads "2026-03-02"; nothing for anything else.
[[nodiscard]] std::optional<std::chrono::sys_days> parse_day(std::string_view text);

/// A count, and whether it is written as a plain number without sign, point and exponent.
struct Count {
  std::uint64_t value = 0;
  bool is_regular = true;
};

/// Reads a JSON number as a count, exactly, whatever its form: 3, 3.0, 30e-1. Nothing where it is negative, a
/// fraction or over 2^64-1.
[[nodiscard]] std::optional<Count> parse_count(std::string_view number);

/// Reads a count that was written as a text: a whole number as above, or with its digits in groups of three
/// with commas, with a plus sign or white space around it. Nothing for anything else, and for "1.000", which
/// may be a thousand.
[[nodiscard]] std::optional<Count> parse_written_count(std::string_view text);

/// Tells whether the text is one IPv4 or IPv6 address, nothing around it.
[[nodiscard]] bool is_ip_address(std::string_view text);

}  // namespace mta_sts::tlsrpt
