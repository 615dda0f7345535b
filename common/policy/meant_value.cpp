#include "policy/meant_value.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/number.hpp"
#include "policy/meant_field.hpp"
#include "policy/parse_policy.hpp"

namespace mta_sts {
namespace {

constexpr std::size_t word_limit_bytes = 64;

// What editors and web pages put around a word: blanks, quotes, brackets, and their like beyond ASCII (a
// no-break space, a zero-width space, a byte order mark, typographic quotes).
constexpr std::string_view wrapping = " \t\"'`()[]{}<>,;:=\\";
constexpr std::array<std::string_view, 7> wide_wrapping{"\xC2\xA0",     "\xE2\x80\x8B", "\xEF\xBB\xBF",
                                                        "\xE2\x80\x98", "\xE2\x80\x99", "\xE2\x80\x9C",
                                                        "\xE2\x80\x9D"};

std::string_view unwrap(std::string_view text) {
  for (bool is_changed = true; is_changed;) {
    const std::size_t before = text.size();
    for (const std::string_view wide : wide_wrapping) {
      if (text.starts_with(wide)) {
        text.remove_prefix(wide.size());
      }
      if (text.ends_with(wide)) {
        text.remove_suffix(wide.size());
      }
    }
    if (!text.empty() && wrapping.find(text.front()) != std::string_view::npos) {
      text.remove_prefix(1);
    }
    if (!text.empty() && (wrapping.find(text.back()) != std::string_view::npos || text.back() == '.')) {
      text.remove_suffix(1);
    }
    is_changed = text.size() != before;
  }
  return text;
}

// "604800 (a week)": what stands before the last bracket, and in it.
struct Bracketed {
  std::string_view before;
  std::string_view inside;
};

Bracketed split_bracket(std::string_view text) {
  const std::size_t at = text.find(" (");
  return at == std::string_view::npos || !text.ends_with(')')
             ? Bracketed{.before = text, .inside = {}}
             : Bracketed{.before = text.substr(0, at), .inside = text.substr(at + 2)};
}

// Takes a mark that people put between thousands and gives it; empty where none is next.
std::string_view take_thousands_mark(text::Cursor& cursor) {
  for (const std::string_view mark :
       {".", ",", "'", "_", " ", "\xC2\xA0", "\xE2\x80\x89", "\xE2\x80\xAF", "\xE2\x80\x99"}) {
    if (cursor.take(mark)) {
      return mark;
    }
  }
  return {};
}

struct Count {
  std::uint64_t number = 0;
  bool has_marks = false;  // "1.500": a thousand and five hundred, or one and a half
};

// "604800", "604.800", "604 800". Nothing where the groups are none of thousands ("1.5").
std::optional<Count> take_count(text::Cursor& cursor) {
  constexpr std::size_t group = 3;
  constexpr std::uint64_t limit = 9999999999;  // ten digits, R22
  std::string digits(cursor.take_while(ascii::is_digit));
  std::string_view mark;
  for (;;) {
    text::Cursor ahead = cursor;
    const std::string_view next_mark = take_thousands_mark(ahead);
    const std::string_view more = ahead.take_while(ascii::is_digit);
    if (next_mark.empty() || more.empty()) {
      break;
    }
    const bool is_first = mark.empty();
    if (more.size() != group || (!is_first && next_mark != mark) ||
        (is_first && (digits.size() > group || digits.starts_with('0')))) {
      return std::nullopt;
    }
    mark = next_mark;
    digits += more;
    cursor = ahead;
  }
  const auto number = text::parse_decimal(digits, limit);
  return number ? std::optional(Count{.number = *number, .has_marks = !mark.empty()}) : std::nullopt;
}

// No "m" (minutes or months?) and no months, which are of several lengths.
std::optional<std::uint64_t> seconds_of_unit(std::string_view unit) {
  struct Unit {
    std::string_view word;
    std::uint64_t seconds;
  };
  constexpr Unit units[] = {
      {"", 1},
      {"s", 1},
      {"sec", 1},
      {"secs", 1},
      {"second", 1},
      {"seconds", 1},
      {"min", 60},
      {"mins", 60},
      {"minute", 60},
      {"minutes", 60},
      {"h", 3600},
      {"hr", 3600},
      {"hrs", 3600},
      {"hour", 3600},
      {"hours", 3600},
      {"d", 86400},
      {"day", 86400},
      {"days", 86400},
      {"w", 604800},
      {"wk", 604800},
      {"wks", 604800},
      {"week", 604800},
      {"weeks", 604800},
      {"y", max_age_limit_seconds},
      {"year", max_age_limit_seconds},
      {"years", max_age_limit_seconds},
  };
  const auto found = std::ranges::find(units, unit, &Unit::word);
  return found == std::end(units) ? std::nullopt : std::optional(found->seconds);
}

std::optional<std::uint64_t> read_duration(std::string_view text) {
  const std::string lower = ascii::to_lower(unwrap(text));
  text::Cursor cursor(lower);
  const auto count = take_count(cursor);
  cursor.take_while([](char c) { return ascii::is_blank(c) || c == '-' || c == '_'; });
  const auto unit = count ? seconds_of_unit(cursor.rest()) : std::nullopt;
  if (!unit || (count->has_marks && *unit != 1)) {  // "1.500 days" may be one day and a half
    return std::nullopt;
  }
  return std::min(count->number * *unit, max_age_limit_seconds);
}

bool has_digit(std::string_view text) {
  return std::ranges::any_of(text, ascii::is_digit);
}

std::string_view without_port(std::string_view name) {
  const std::size_t colon = name.find(':');
  const bool is_port =
      colon != std::string_view::npos && text::parse_decimal(name.substr(colon + 1), 65535).has_value();
  return is_port ? name.substr(0, colon) : name;
}

// "mail.ex ample.net" may be one name with a blank in it; names that end in the same two labels are two.
bool are_of_one_domain(std::string_view a, std::string_view b) {
  const auto end_of = [](std::string_view name) {
    const std::size_t last = name.rfind('.');
    const std::size_t before = last == 0 ? last : name.rfind('.', last - 1);
    return before == std::string_view::npos ? name : name.substr(before + 1);
  };
  return ascii::equals_ignoring_case(end_of(a), end_of(b));
}

}  // namespace

std::string_view without_remark(std::string_view text) {
  std::size_t end = std::min({text.find("<!--"), text.find("/*"), text.size()});
  for (const std::string_view mark : {"#", "//"}) {
    for (std::size_t at = text.find(mark); at < end; at = text.find(mark, at + 1)) {
      const std::string_view behind = text.substr(at + mark.size());
      const bool is_apart =
          at == 0 || ascii::is_blank(text[at - 1]) || behind.empty() || ascii::is_blank(behind.front());
      if (is_apart) {  // not that of a URL, and not in the middle of a name
        end = at;
      }
    }
  }
  return ascii::trim_blanks(text.substr(0, end));
}

std::optional<Mode> read_meant_mode(std::string_view value) {
  const std::string word = ascii::to_lower(unwrap(split_bracket(without_remark(value)).before));
  if (word.empty() || word.size() > word_limit_bytes || !std::ranges::all_of(word, ascii::is_alpha)) {
    return std::nullopt;
  }
  constexpr std::array<std::string_view, 5> enforces{"enforced", "enforcing", "enforces", "enforcement",
                                                     "enforcemode"};
  if (std::ranges::find(enforces, word) != enforces.end()) {
    return Mode::enforce;
  }
  constexpr std::array<std::string_view, 4> tests{"test", "tests", "tested", "testmode"};
  if (std::ranges::find(tests, word) != tests.end()) {
    return Mode::testing;
  }
  for (const Mode mode : {Mode::enforce, Mode::testing, Mode::none}) {
    // The first letter is seldom the wrong one, and "tone" or "resting" mean something else.
    const std::string_view name = to_string(mode);
    if (word.front() == name.front() && typing_errors_between(word, name) <= 1) {
      return mode;
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> read_meant_max_age(std::string_view value) {
  const auto [before, inside] = split_bracket(without_remark(value));
  const auto seconds = read_duration(before);
  const auto explained = read_duration(inside);
  const bool contradicts = explained ? explained != seconds : has_digit(inside);
  return contradicts ? std::nullopt : seconds;
}

std::optional<std::string> read_meant_mx(std::string_view value) {
  std::string lines;
  text::Cursor cursor(split_bracket(without_remark(value)).before);
  const auto is_separator = [](char c) { return ascii::is_blank(c) || c == ',' || c == ';'; };
  cursor.take_while(is_separator);
  std::string_view before;
  bool is_apart_by_blanks = false;
  for (bool is_first = true; !cursor.at_end(); is_first = false) {
    const std::string_view word = cursor.take_while([&](char c) { return !is_separator(c); });
    const std::string_view between = cursor.take_while(is_separator);
    if (is_first && text::parse_decimal(word, 65535)) {
      continue;  // the preference of an MX record
    }
    const std::string_view name = unwrap(without_port(unwrap(word)));
    if (!is_mx_pattern(name, Reading::strict) || name.find('.') == std::string_view::npos ||
        (is_apart_by_blanks && !are_of_one_domain(before, name))) {
      return std::nullopt;  // only its author knows what was meant
    }
    lines += (lines.empty() ? "mx: " : "\nmx: ") + ascii::to_lower(name);
    before = name;
    is_apart_by_blanks = std::ranges::all_of(between, ascii::is_blank);
  }
  return lines.empty() ? std::nullopt : std::optional(std::move(lines));
}

bool is_meant_version(std::string_view value) {
  const std::string word = ascii::to_lower(unwrap(without_remark(value)));
  if (word.size() > word_limit_bytes) {
    return false;
  }
  return word == "1" || word == "1.0" || word == "v1" || typing_errors_between(word, "stsv1") <= 2 ||
         typing_errors_between(word, "mtastsv1") <= 2;
}

std::optional<std::string> meant_line(std::string_view field, std::string_view value) {
  if (field == "version" && is_meant_version(value)) {
    return "version: STSv1";
  }
  if (field == "mode") {
    const auto mode = read_meant_mode(value);
    return mode ? std::optional("mode: " + std::string(to_string(*mode))) : std::nullopt;
  }
  if (field == "max_age") {
    const auto seconds = read_meant_max_age(value);
    return seconds ? std::optional("max_age: " + std::to_string(*seconds)) : std::nullopt;
  }
  return field == "mx" ? read_meant_mx(value) : std::nullopt;
}

}  // namespace mta_sts
