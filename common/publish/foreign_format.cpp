#include "publish/foreign_format.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "policy/byte_order_mark.hpp"

namespace mta_sts::publish {
namespace {

bool is_utf16(std::string_view file) {
  if (file.starts_with("\xFF\xFE") || file.starts_with("\xFE\xFF")) {
    return true;
  }
  constexpr std::size_t looked_at = 256;
  constexpr std::ptrdiff_t one_in = 4;  // of the bytes, where text is ASCII in two bytes a character: half
  const std::string_view begin = file.substr(0, looked_at);
  return std::ranges::count(begin, '\0') * one_in > static_cast<std::ptrdiff_t>(begin.size());
}

std::string_view trim_spaces(std::string_view text) {
  while (!text.empty() && ascii::is_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && ascii::is_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

bool is_html(std::string_view text, std::string_view lower) {
  return (text.starts_with('<') && !text.starts_with("<!--") && text.find('>') != std::string_view::npos) ||
         lower.find("</") != std::string_view::npos || lower.find("<br") != std::string_view::npos;
}

bool is_json(std::string_view text) {
  return text.find('"') != std::string_view::npos &&
         ((text.starts_with('{') && text.ends_with('}')) || (text.starts_with('[') && text.ends_with(']')));
}

// The record of MTA-STS or that of TLS-RPT. "mode" stands in a policy with v= in place of version.
bool is_txt_record(std::string_view lower) {
  return (lower.find("v=stsv1") != std::string_view::npos ||
          lower.find("v=tlsrptv1") != std::string_view::npos) &&
         lower.find("mode") == std::string_view::npos && lower.find("max_age") == std::string_view::npos;
}

constexpr std::array<std::string_view, 5> field_names{"version", "mode", "max_age", "max-age", "mx"};

bool is_name_byte(char c) {
  return ascii::is_alnum(c) || c == '_' || c == '-' || c == '.';
}

// Whether a field's name may begin at `at`: behind the line's begin, a separator, or the two characters "\n".
bool is_boundary(std::string_view line, std::size_t at) {
  return at == 0 || !is_name_byte(line[at - 1]) ||
         (at > 1 && line[at - 2] == '\\' && (line[at - 1] == 'n' || line[at - 1] == 'r'));
}

bool begins_field(std::string_view line, std::size_t at) {
  if (at == 0 && ascii::starts_with_ignoring_case(line, "v=")) {
    return true;  // a version as the TXT record has it
  }
  return is_boundary(line, at) && std::ranges::any_of(field_names, [&](std::string_view name) {
           text::Cursor cursor(line.substr(at));
           if (!ascii::starts_with_ignoring_case(cursor.rest(), name)) {
             return false;  // before the blanks, which a long line may have many of
           }
           cursor.take_while([](char) { return true; }, name.size());
           cursor.take_while([](char c) { return ascii::is_blank(c) || c == '"'; });
           return cursor.sees(':') || cursor.sees('=');
         });
}

std::size_t end_of_field(std::string_view field) {
  constexpr std::string_view separators = " \t,;|\"";
  for (;;) {
    if (field.ends_with("\\n") || field.ends_with("\\r")) {
      field.remove_suffix(2);
    } else if (!field.empty() && separators.find(field.back()) != std::string_view::npos) {
      field.remove_suffix(1);
    } else {
      return field.size();
    }
  }
}

}  // namespace

std::optional<PolicyCause> find_foreign_format(std::string_view file) {
  if (is_utf16(file)) {
    return PolicyCause::utf16;
  }
  std::string_view text = trim_spaces(file);
  if (text.starts_with(byte_order_mark)) {
    text = trim_spaces(text.substr(byte_order_mark.size()));
  }
  const std::string lower = ascii::to_lower(text);
  if (lower.starts_with("{\\rtf")) {
    return PolicyCause::rtf;
  }
  if (is_html(text, lower)) {
    return PolicyCause::html;
  }
  if (is_json(text)) {
    return PolicyCause::json;
  }
  return is_txt_record(lower) ? std::optional(PolicyCause::txt_record) : std::nullopt;
}

std::vector<FieldPlace> find_fields(std::string_view line) {
  std::vector<FieldPlace> places;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (begins_field(line, at)) {
      places.push_back({.begin = at, .end = line.size()});
    }
  }
  const std::string_view before = line.substr(0, places.empty() ? 0 : places.front().begin);
  if (std::ranges::any_of(before, is_name_byte)) {
    return {};
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto& [begin, end] = places[i];
    end = i + 1 < places.size() ? places[i + 1].begin : line.size();
    end = begin + end_of_field(line.substr(begin, end - begin));
  }
  return places;
}

}  // namespace mta_sts::publish
