#include "policy/policy_fix.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "policy/meant_field.hpp"
#include "policy/meant_value.hpp"

namespace mta_sts {
namespace {

constexpr std::string_view modes = "enforce, testing or none, in lower case";

bool is_printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// A line of another name's case, list or remark: the field and value that it means.
std::optional<std::string> fix_syntax(std::string_view line) {
  const std::string_view text = without_remark(line);
  if (text.empty()) {
    return "";  // a remark and nothing else
  }
  const LooseField field = read_loosely(text);
  const std::string_view meant = near_field(field.name);
  if (!meant.empty()) {
    return meant_line(meant, field.value);
  }
  constexpr std::size_t name_limit_bytes = 32;
  const bool is_name = !field.name.empty() && ascii::is_alnum(field.name.front()) &&
                       field.name.size() <= name_limit_bytes && std::ranges::all_of(field.name, [](char c) {
                         return ascii::is_alnum(c) || c == '_' || c == '-' || c == '.';
                       });
  if (!is_name || field.value.empty() || !is_printable_ascii(field.value)) {
    return std::nullopt;
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
  if (name.find("//") != name.npos || name.find('@') != name.npos) {
    return "write the host name alone, without a URL or an address around it";
  }
  if (name.find('_') != name.npos) {
    return "a host name has no underscore: name the host to which the MX record leads";
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
    case PolicyErrorCode::field_misspelt:
      return "Senders ignore the field " + text::quote_for_display(line.name) + ", and the field " +
             text::quote_for_display(near_field(line.name)) + " is missing: write its name so.";
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

std::optional<std::string> fixed_line(PolicyErrorCode code, const PolicyLine& line) {
  switch (code) {
    case PolicyErrorCode::blank_line:
      return "";
    case PolicyErrorCode::bad_syntax:
    case PolicyErrorCode::field_misspelt:
      return fix_syntax(line.text);
    case PolicyErrorCode::bad_version:
    case PolicyErrorCode::bad_mode:
    case PolicyErrorCode::bad_max_age:
    case PolicyErrorCode::bad_mx:
      return meant_line(line.name, line.value);
    case PolicyErrorCode::missing_version:
      return "version: STSv1";
    case PolicyErrorCode::missing_mode:
      return "mode: testing";
    case PolicyErrorCode::missing_max_age:
      return "max_age: 86400";
    case PolicyErrorCode::missing_mx:  // an invented host would block all mail
    default:
      return std::nullopt;
  }
}

}  // namespace

PolicyError describe_fault(PolicyErrorCode code, text::Position where, const PolicyLine& line) {
  return {.code = code, .where = where, .detail = sentence(code, line), .fixed = fixed_line(code, line)};
}

}  // namespace mta_sts
