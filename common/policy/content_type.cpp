#include "policy/content_type.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/cursor.hpp"

namespace mta_sts {
namespace {

bool is_token_byte(char c) {
  return ascii::is_alnum(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

void skip_quoted(text::Cursor& cursor) {
  while (!cursor.at_end() && !cursor.take('"')) {
    if (cursor.take('\\')) {
      cursor.take_while([](char) { return true; }, 1);
    } else {
      cursor.take_while([](char c) { return c != '"' && c != '\\'; });
    }
  }
}

// Tells whether a second media type follows a comma: two fields that a proxy joined (RFC 9110 section 5.3),
// which P21 refuses. A comma in quotes or before anything else is a parameter's own affair.
bool has_second_type(std::string_view parameters) {
  text::Cursor cursor(parameters);
  while (!cursor.at_end()) {
    if (cursor.take('"')) {
      skip_quoted(cursor);
    } else if (cursor.take(',')) {
      cursor.take_while(ascii::is_blank);
      const bool has_type = !cursor.take_while(is_token_byte).empty();
      if (has_type && cursor.take('/') && !cursor.take_while(is_token_byte).empty()) {
        return true;
      }
    } else {
      cursor.take_while([](char c) { return c != '"' && c != ','; });
    }
  }
  return false;
}

bool has_control(std::string_view field) {
  return std::ranges::any_of(field, [](char c) { return ascii::is_control(c) && c != '\t'; });
}

}  // namespace

bool is_policy_content_type(std::span<const std::string_view> fields, MissingContentType missing) {
  if (fields.empty()) {
    return missing == MissingContentType::accept;
  }
  if (fields.size() > 1 || has_control(fields.front())) {
    return false;
  }
  constexpr std::string_view wanted = "text/plain";
  const std::string_view field = ascii::trim_blanks(fields.front());
  if (!ascii::starts_with_ignoring_case(field, wanted)) {
    return false;
  }
  text::Cursor cursor(field.substr(wanted.size()));
  cursor.take_while(ascii::is_blank);
  return cursor.at_end() || (cursor.take(';') && !has_second_type(cursor.rest()));
}

}  // namespace mta_sts
