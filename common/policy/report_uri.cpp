#include "policy/report_uri.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/cursor.hpp"

namespace mta_sts {
namespace {

bool is_hex_digit(char c) {
  return ascii::is_digit(c) || (ascii::to_lower(c) >= 'a' && ascii::to_lower(c) <= 'f');
}

bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

// pchar of RFC 3986 but for pct-encoded, and without "!", "," and ";", which RFC 8460 section 3 wants
// encoded.
bool is_path_byte(char c) {
  return ascii::is_alnum(c) || is_one_of(c, "-._~$&'()*+=:@");
}

// Takes bytes that `accept` allows, and percent-encoded ones.
template <typename Accept>
bool parse_encoded(text::Cursor& cursor, Accept accept) {
  while (true) {
    cursor.take_while(accept);
    if (!cursor.take('%')) {
      return true;
    }
    if (cursor.take_while(is_hex_digit, 2).size() != 2) {
      return false;
    }
  }
}

bool parse_scheme(text::Cursor& cursor) {
  const std::string_view scheme =
      cursor.take_while([](char c) { return ascii::is_alnum(c) || is_one_of(c, "+-."); });
  return !scheme.empty() && ascii::is_alpha(scheme.front()) && cursor.take(':');
}

// userinfo, host in brackets or not, port.
bool parse_authority(text::Cursor& cursor) {
  return parse_encoded(cursor, [](char c) { return is_path_byte(c) || is_one_of(c, "[]"); });
}

// Tells whether what follows the authority is path, query and fragment to the end.
bool parse_rest(text::Cursor& cursor) {
  const auto is_path = [](char c) { return is_path_byte(c) || c == '/'; };
  const auto is_query = [](char c) { return is_path_byte(c) || is_one_of(c, "/?"); };
  if (!parse_encoded(cursor, is_path)) {
    return false;
  }
  if (cursor.take('?') && !parse_encoded(cursor, is_query)) {
    return false;
  }
  if (cursor.take('#') && !parse_encoded(cursor, is_query)) {
    return false;
  }
  return cursor.at_end();
}

// Tells whether an authority names a host: something before a port, behind userinfo.
bool has_host(std::string_view authority) {
  const std::string_view host = authority.substr(authority.rfind('@') + 1);  // npos + 1 is the whole
  return !host.empty() && host.front() != ':';
}

// RFC 6068 section 2: an address before the header fields.
bool has_address(std::string_view mailto) {
  const std::string_view address = mailto.substr(0, mailto.find_first_of("?#"));
  const std::size_t at = address.rfind('@');
  return at != std::string_view::npos && at > 0 && at + 1 < address.size();
}

}  // namespace

ReportUri classify_report_uri(std::string_view uri) {
  text::Cursor cursor(uri);
  if (!parse_scheme(cursor)) {
    return ReportUri::malformed;
  }
  const std::string_view scheme = uri.substr(0, cursor.offset() - 1);
  const std::string_view specific = cursor.rest();
  std::string_view authority;
  if (cursor.take("//")) {
    const std::size_t begin = cursor.offset();
    if (!parse_authority(cursor)) {
      return ReportUri::malformed;
    }
    authority = uri.substr(begin, cursor.offset() - begin);
    if (!cursor.at_end() && !cursor.sees('/') && !cursor.sees('?') && !cursor.sees('#')) {
      return ReportUri::malformed;
    }
  }
  if (!parse_rest(cursor)) {
    return ReportUri::malformed;
  }
  if (ascii::equals_ignoring_case(scheme, "mailto")) {
    return has_address(specific) ? ReportUri::usable : ReportUri::malformed;
  }
  if (ascii::equals_ignoring_case(scheme, "https")) {
    return has_host(authority) ? ReportUri::usable : ReportUri::malformed;
  }
  return ReportUri::other;
}

}  // namespace mta_sts
