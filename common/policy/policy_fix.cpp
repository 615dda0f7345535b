#include "policy/policy_fix.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/number.hpp"
#include "base/utf8.hpp"

namespace mta_sts {
namespace {

constexpr std::string_view modes = "enforce, testing or none, in lower case";

bool is_printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// Takes the line apart at the first colon or equals sign, whatever stands around it.
struct LooseField {
  std::string_view name;
  std::string_view value;
};

LooseField read_loosely(std::string_view line) {
  text::Cursor cursor(line);
  const std::string_view name = cursor.take_while([](char c) { return c != ':' && c != '='; });
  if (cursor.at_end()) {
    return {.name = {}, .value = {}};
  }
  cursor.take_while([](char) { return true; }, 1);
  return {.name = ascii::trim_blanks(name), .value = ascii::trim_blanks(cursor.rest())};
}

std::string fix_mode(std::string_view value) {
  for (const std::string_view mode : {"enforce", "testing", "none"}) {
    if (ascii::starts_with_ignoring_case(value, mode)) {
      return "mode: " + std::string(mode);
    }
  }
  return "mode: testing";
}

// "7d", "604800s" and "604,800" are what people write; anything else becomes a week.
std::string fix_max_age(std::string_view value) {
  text::Cursor cursor(value);
  std::string digits;
  while (!cursor.at_end()) {
    digits += cursor.take_while(ascii::is_digit);
    if (!cursor.take(',') && !cursor.take(' ') && !cursor.take('"')) {
      break;
    }
  }
  constexpr std::uint64_t week = 604800;
  std::uint64_t seconds = text::parse_decimal(digits, 9999999999).value_or(week);
  if (cursor.take('d') && cursor.at_end()) {
    seconds *= 86400;
  } else if (cursor.take('w') && cursor.at_end()) {
    seconds *= week;
  }
  return "max_age: " + std::to_string(std::min(seconds, max_age_limit_seconds));
}

// Names that were joined on one line, or have a root dot, a preference or brackets about them.
std::string fix_mx(std::string_view value) {
  std::string lines;
  text::Cursor cursor(value);
  const auto is_separator = [](char c) { return ascii::is_blank(c) || c == ',' || c == ';'; };
  for (bool is_first = true; !cursor.at_end(); is_first = false) {
    cursor.take_while(is_separator);
    std::string_view name = cursor.take_while([&](char c) { return !is_separator(c); });
    if (is_first && text::parse_decimal(name, 65535)) {
      continue;  // the preference of an MX record
    }
    if (name.starts_with('<') && name.ends_with('>')) {
      name = name.substr(1, name.size() - 2);
    }
    if (name.ends_with('.')) {
      name.remove_suffix(1);
    }
    if (name.empty()) {
      continue;
    }
    if (!is_mx_pattern(name, Reading::strict)) {
      return {};  // only its author knows what was meant
    }
    lines += (lines.empty() ? "mx: " : "\nmx: ") + ascii::to_lower(name);
  }
  return lines;
}

std::string fix_field(std::string_view name, std::string_view value) {
  if (name == "version") {
    return "version: STSv1";
  }
  if (name == "mode") {
    return fix_mode(value);
  }
  if (name == "max_age") {
    return fix_max_age(value);
  }
  return name == "mx" ? fix_mx(value) : std::string();
}

std::string fix_syntax(std::string_view line) {
  const LooseField field = read_loosely(line);
  const std::string_view meant = meant_field(line);
  if (!meant.empty() && !field.value.empty()) {
    return fix_field(meant, field.value);
  }
  const bool is_name = !field.name.empty() && ascii::is_alnum(field.name.front()) &&
                       field.name.size() <= 32 && std::ranges::all_of(field.name, [](char c) {
                         return ascii::is_alnum(c) || c == '_' || c == '-' || c == '.';
                       });
  if (!is_name || field.value.empty() || !is_printable_ascii(field.value)) {
    return {};
  }
  return std::string(field.name) + ": " + std::string(field.value);
}

// What is wrong with an mx, as far as it can be told, and how to write it.
std::string_view mx_fix(std::string_view value) {
  const std::string_view name = value.starts_with("*.") ? value.substr(2) : value;
  if (name.ends_with('.')) {
    return "remove the trailing dot";
  }
  if (name.find_first_of(" \t,;") != name.npos) {
    return "write each host on an mx line of its own";
  }
  if (name.find('*') != name.npos) {
    return "a wildcard is \"*.\" at the beginning, in place of one label";
  }
  if (!is_printable_ascii(name)) {
    return "write the name in A-labels (xn--…)";
  }
  if (name.starts_with('[') || name.find(':') != name.npos ||
      std::ranges::all_of(name, [](char c) { return ascii::is_digit(c) || c == '.'; })) {
    return "write a host name, without an address or a port";
  }
  return "write a host name, or \"*.\" and a host name";
}

std::string sentence(PolicyErrorCode code, const PolicyLine& line) {
  const std::string shown = text::quote_for_display(line.value);
  switch (code) {
    case PolicyErrorCode::too_large:
      return "The policy is larger than 65536 bytes, and senders read no more: shorten it.";
    case PolicyErrorCode::not_utf8:
      return "This byte is not valid UTF-8: save the file as UTF-8, or use ASCII only.";
    case PolicyErrorCode::bom:
      return "The file begins with a byte order mark: save it as UTF-8 without one.";
    case PolicyErrorCode::bad_line_ending:
      return "A CR is not followed by LF: end each line with CRLF or LF.";
    case PolicyErrorCode::empty:
      return "The policy is empty: it needs version, mode, max_age and, unless the mode is none, mx.";
    case PolicyErrorCode::blank_line:
      return "The line is empty, and some senders reject that: delete it.";
    case PolicyErrorCode::bad_syntax:
      return "invalid line " + text::quote_for_display(line.text) +
             ": write a name, a colon and a value, without comments, control characters or blanks before the "
             "colon.";
    case PolicyErrorCode::missing_version:
      return "The field version is missing: add the line, with its name in lower case.";
    case PolicyErrorCode::bad_version:
      return "invalid version " + shown + ": write STSv1 exactly.";
    case PolicyErrorCode::missing_mode:
      return "The field mode is missing: add it with " + std::string(modes) + ".";
    case PolicyErrorCode::bad_mode:
      return "invalid mode " + shown + ": write " + std::string(modes) + ".";
    case PolicyErrorCode::missing_max_age:
      return "The field max_age is missing: add it with the seconds for which senders keep the policy.";
    case PolicyErrorCode::bad_max_age:
      return "invalid max_age " + shown + ": write whole seconds from 0 to 31557600 in digits.";
    case PolicyErrorCode::bad_mx:
      return "invalid mx " + shown + ": " + std::string(mx_fix(line.value)) + ".";
    case PolicyErrorCode::missing_mx:
      return "No mx is given: add a line for each mail host, or write mode none.";
  }
  return {};
}

std::string fixed_line(PolicyErrorCode code, const PolicyLine& line) {
  switch (code) {
    case PolicyErrorCode::bad_syntax:
      return fix_syntax(line.text);
    case PolicyErrorCode::bad_version:
    case PolicyErrorCode::bad_mode:
    case PolicyErrorCode::bad_max_age:
    case PolicyErrorCode::bad_mx:
      return fix_field(line.name, line.value);
    case PolicyErrorCode::missing_version:
      return "version: STSv1";
    case PolicyErrorCode::missing_mode:
      return "mode: testing";
    case PolicyErrorCode::missing_max_age:
      return "max_age: 86400";
    case PolicyErrorCode::missing_mx:
      return "mx: mail.example.com";
    default:
      return {};
  }
}

}  // namespace

std::string_view meant_field(std::string_view line) {
  const std::string_view name = read_loosely(line).name;
  constexpr std::array<std::string_view, 4> known{"version", "mode", "max_age", "mx"};
  const auto found = std::ranges::find_if(
      known, [&](std::string_view field) { return ascii::equals_ignoring_case(field, name); });
  return found == known.end() ? std::string_view() : *found;
}

PolicyError describe_fault(PolicyErrorCode code, text::Position where, const PolicyLine& line) {
  return {.code = code, .where = where, .detail = sentence(code, line), .fixed = fixed_line(code, line)};
}

}  // namespace mta_sts
