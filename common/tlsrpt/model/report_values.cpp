#include "tlsrpt/model/report_values.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.hpp"
#include "base/cursor.hpp"

namespace mta_sts::tlsrpt {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr sys_seconds latest = sys_days(std::chrono::year(9999) / 12 / 31) + days(1) - seconds(1);

constexpr std::string_view white_space = " \t\r\n";
constexpr std::size_t group_digits = 3;

std::optional<int> read_number(text::Cursor& cursor, std::size_t digits) {
  const std::string_view text = cursor.take_while(ascii::is_digit, digits);
  if (text.size() != digits) {
    return std::nullopt;
  }
  int value = 0;
  for (const char c : text) {
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<sys_days> day_of(std::optional<int> year, std::optional<int> month, std::optional<int> day) {
  if (!year || !month || !day) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  return date.ok() ? std::optional(sys_days(date)) : std::nullopt;
}

// "2026-03-02", or "20260302" as ISO 8601's basic form has it.
std::optional<sys_days> read_day(text::Cursor& cursor, bool& is_basic) {
  const auto year = read_number(cursor, 4);
  is_basic = !cursor.take('-');
  const auto month = read_number(cursor, 2);
  if (!is_basic && !cursor.take('-')) {
    return std::nullopt;
  }
  return day_of(year, month, read_number(cursor, 2));
}

struct TimeOfDay {
  seconds since_midnight{0};
  bool is_regular = true;
};

// "04:12:09", with a fraction, without seconds, "041209", or "24:00:00" for the end of the day.
std::optional<TimeOfDay> read_time_of_day(text::Cursor& cursor) {
  const auto hour = read_number(cursor, 2);
  const bool is_basic = !cursor.take(':');
  const auto minute = read_number(cursor, 2);
  if (!hour || *hour > 24 || !minute || *minute > 59) {
    return std::nullopt;
  }
  const bool has_seconds =
      is_basic ? !cursor.at_end() && ascii::is_digit(cursor.rest().front()) : cursor.take(':');
  const auto second = has_seconds ? read_number(cursor, 2) : 0;
  if (!second || *second > 60) {  // 60: a leap second
    return std::nullopt;
  }
  if (has_seconds && cursor.take('.') && cursor.take_while(ascii::is_digit).empty()) {
    return std::nullopt;
  }
  const seconds since_midnight = hours(*hour) + minutes(*minute) + seconds(*second);
  if (*hour == 24 && since_midnight != days(1)) {
    return std::nullopt;
  }
  return TimeOfDay{.since_midnight = since_midnight, .is_regular = has_seconds && !is_basic && *hour < 24};
}

struct Zone {
  seconds offset{0};
  bool is_regular = true;
};

std::optional<Zone> read_zone(text::Cursor& cursor) {
  const bool has_blanks = !cursor.take_while(ascii::is_blank).empty();
  if (cursor.at_end()) {
    return Zone{.is_regular = false};
  }
  if (cursor.take('Z') || cursor.take('z')) {
    return Zone{.is_regular = !has_blanks};
  }
  for (const std::string_view utc : {"UTC", "GMT", "UT"}) {
    if (cursor.take(utc)) {
      return Zone{.is_regular = false};
    }
  }
  const bool is_west = cursor.sees('-');
  if (!cursor.take('+') && !cursor.take('-')) {
    return std::nullopt;
  }
  const auto hour = read_number(cursor, 2);
  const bool has_colon = cursor.take(':');
  const auto minute = read_number(cursor, 2);
  if (!hour || !minute || *hour > 23 || *minute > 59) {
    return std::nullopt;
  }
  const seconds offset = hours(*hour) + minutes(*minute);
  return Zone{.offset = is_west ? -offset : offset, .is_regular = has_colon && !has_blanks};
}

std::optional<DateTime> in_range(sys_seconds time, bool is_regular) {
  if (time < sys_seconds{} || time > latest) {
    return std::nullopt;
  }
  return DateTime{.time = time, .is_regular = is_regular};
}

// In seconds, or in thousandths of them, once or several times.
std::optional<DateTime> parse_epoch(std::string_view digits) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0) {
    return std::nullopt;
  }
  constexpr std::int64_t surely_smaller_units = 100'000'000'000;  // as seconds, the year 5138
  while (value >= surely_smaller_units) {
    value /= 1000;
  }
  return in_range(sys_seconds(seconds(value)), false);
}

// "Mon, 02 Mar 2026 00:00:00 +0000". RFC 5322 section 3.3.
std::optional<DateTime> parse_mail_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (const std::size_t comma = text.find(','); comma != std::string_view::npos) {
    text.remove_prefix(comma + 1);
  }
  text::Cursor cursor(ascii::trim_blanks(text));
  const auto blank = [&] { return !cursor.take_while(ascii::is_blank).empty(); };
  const std::size_t digits = cursor.rest().find_first_not_of("0123456789");
  const auto day = digits == 1 || digits == 2 ? read_number(cursor, digits) : std::nullopt;
  if (!day || !blank()) {
    return std::nullopt;
  }
  const auto month = std::ranges::find(months, cursor.take_while(ascii::is_alpha, 3));
  if (month == months.end() || !blank()) {
    return std::nullopt;
  }
  const auto date = day_of(read_number(cursor, 4), static_cast<int>(month - months.begin()) + 1, day);
  const auto time_of_day = date && blank() ? read_time_of_day(cursor) : std::nullopt;
  const auto zone = time_of_day ? read_zone(cursor) : std::nullopt;
  if (!zone || !cursor.at_end()) {
    return std::nullopt;
  }
  return in_range(sys_seconds(*date) + time_of_day->since_midnight - zone->offset, false);
}

}  // namespace

std::optional<DateTime> parse_date_time(std::string_view written, DateEdge edge) {
  const std::string_view text = ascii::trim_blanks(written);
  // Eight digits would be a day of the seventies, twelve or fourteen one in thousandths before TLS reports.
  const bool is_basic_form = text.size() == 8 || text.size() == 12 || text.size() == 14;
  const bool is_number = !text.empty() && std::ranges::all_of(text, ascii::is_digit);
  if (is_number && !is_basic_form) {
    return parse_epoch(text);
  }
  text::Cursor cursor(text);
  bool is_basic = false;
  const auto day = read_day(cursor, is_basic);
  if (!day) {
    return parse_mail_date(text);
  }
  if (cursor.at_end()) {
    return in_range(sys_seconds(*day) + (edge == DateEdge::end ? days(1) - seconds(1) : seconds(0)), false);
  }
  const bool has_t = cursor.take('T') || cursor.take('t');
  if (!has_t && !cursor.take(' ') && !is_number) {
    return std::nullopt;
  }
  const auto time_of_day = read_time_of_day(cursor);
  const auto zone = time_of_day ? read_zone(cursor) : std::nullopt;
  if (!zone || !cursor.at_end()) {
    return std::nullopt;
  }
  const bool is_regular =
      has_t && !is_basic && time_of_day->is_regular && zone->is_regular && text.size() == written.size();
  return in_range(sys_seconds(*day) + time_of_day->since_midnight - zone->offset, is_regular);
}

namespace {

// Appends a number under 100 behind a mark.
void add_two_digits(std::string& text, char mark, std::int64_t value) {
  text += mark;
  text += static_cast<char>('0' + value / 10);
  text += static_cast<char>('0' + value % 10);
}

void add_day(std::string& text, sys_days day) {
  const std::chrono::year_month_day date(day);
  text += std::to_string(static_cast<int>(date.year()));
  add_two_digits(text, '-', static_cast<unsigned>(date.month()));
  add_two_digits(text, '-', static_cast<unsigned>(date.day()));
}

}  // namespace

std::string render_day(sys_days day) {
  std::string text;
  add_day(text, day);
  return text;
}

std::string render_date_time(sys_seconds time) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text;
  text.reserve(20);  // "2026-03-02T00:00:00Z"
  add_day(text, day);
  add_two_digits(text, 'T', clock.hours().count());
  add_two_digits(text, ':', clock.minutes().count());
  add_two_digits(text, ':', clock.seconds().count());
  text += 'Z';
  return text;
}

std::optional<sys_days> parse_day(std::string_view text) {
  text::Cursor cursor(text);
  bool is_basic = false;
  const auto day = read_day(cursor, is_basic);
  return cursor.at_end() && !is_basic ? day : std::nullopt;
}

std::optional<Count> parse_count(std::string_view number) {
  text::Cursor cursor(number);
  const bool is_negative = cursor.take('-');
  std::string digits(cursor.take_while(ascii::is_digit));
  std::int64_t exponent = 0;
  if (cursor.take('.')) {
    const std::string_view fraction = cursor.take_while(ascii::is_digit);
    digits += fraction;
    exponent -= static_cast<std::int64_t>(fraction.size());
  }
  const bool has_exponent = cursor.take('e') || cursor.take('E');
  if (has_exponent) {
    std::string_view written = cursor.rest();
    written.remove_prefix(written.starts_with('+') ? 1 : 0);
    int power = 0;
    if (std::from_chars(written.data(), written.data() + written.size(), power).ec != std::errc()) {
      return std::nullopt;
    }
    exponent += power;
  }
  digits.erase(0, digits.find_first_not_of('0'));
  if (digits.empty()) {
    return Count{.value = 0, .is_regular = number == "0"};
  }
  for (; exponent < 0 && digits.ends_with('0'); ++exponent) {
    digits.pop_back();
  }
  if (is_negative || exponent < 0 || exponent > 20) {
    return std::nullopt;
  }
  digits.append(static_cast<std::size_t>(exponent), '0');
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return Count{.value = value, .is_regular = std::ranges::all_of(number, ascii::is_digit)};
}

std::optional<Count> parse_written_count(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(white_space), text.size());
  text::Cursor cursor(text.substr(begin, text.find_last_not_of(white_space) + 1 - begin));
  cursor.take('+');
  std::string number(cursor.take_while(ascii::is_digit));
  for (const bool is_grouped = cursor.sees(',') && !number.empty() && number.size() <= group_digits;
       is_grouped && cursor.take(',');) {
    const std::string_view group = cursor.take_while(ascii::is_digit);
    if (group.size() != group_digits) {
      return std::nullopt;
    }
    number += group;
  }
  if (number.empty()) {
    return std::nullopt;
  }
  if (cursor.take('.')) {
    const std::string_view fraction = cursor.take_while(ascii::is_digit);
    if (fraction.empty() || fraction.size() == group_digits) {  // "1.000" is a thousand to half of the world
      return std::nullopt;
    }
    number.append(".").append(fraction);
  }
  if (cursor.take('e') || cursor.take('E')) {
    number.append(cursor.take('-') ? "e-" : "e");
    cursor.take('+');
    const std::string_view power = cursor.take_while(ascii::is_digit);
    if (power.empty()) {
      return std::nullopt;
    }
    number += power;
  }
  const auto count = cursor.at_end() ? parse_count(number) : std::nullopt;
  return count ? std::optional(Count{.value = count->value, .is_regular = false}) : std::nullopt;
}

bool is_ip_address(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.size() >= copy.size() || text.find('\0') != std::string_view::npos) {
    return false;
  }
  text.copy(copy.data(), text.size());
  in6_addr address{};
  return inet_pton(AF_INET, copy.data(), &address) == 1 || inet_pton(AF_INET6, copy.data(), &address) == 1;
}

}  // namespace mta_sts::tlsrpt
