#include "policy/parse_policy.hpp"

#include "base/enum_names.hpp"

namespace mta_sts {

std::string_view to_string(PolicyErrorCode code) {
  using enum PolicyErrorCode;
  static constexpr auto words = enum_names<PolicyErrorCode>({
      {too_large, "too-large"},
      {not_utf8, "not-utf8"},
      {bom, "bom"},
      {bad_line_ending, "bad-line-ending"},
      {empty, "empty"},
      {blank_line, "blank-line"},
      {bad_syntax, "bad-syntax"},
      {field_misspelt, "field-misspelt"},
      {missing_version, "missing-version"},
      {bad_version, "bad-version"},
      {missing_mode, "missing-mode"},
      {bad_mode, "bad-mode"},
      {missing_max_age, "missing-max-age"},
      {bad_max_age, "bad-max-age"},
      {bad_mx, "bad-mx"},
      {missing_mx, "missing-mx"},
  });
  return words[code];
}

bool is_of_whole_body(PolicyErrorCode code) {
  using enum PolicyErrorCode;
  return code == too_large || code == bom || code == empty || code == missing_version ||
         code == missing_mode || code == missing_max_age || code == missing_mx;
}

std::string_view rfc_section(PolicyErrorCode code) {
  switch (code) {
    case PolicyErrorCode::too_large:
      return "RFC 8461 section 3.3";
    case PolicyErrorCode::not_utf8:
      return "RFC 3629 section 4";
    case PolicyErrorCode::bad_mx:
      return "RFC 8461 section 3.2, RFC 5321 section 4.1.2";
    default:
      return "RFC 8461 section 3.2";
  }
}

}  // namespace mta_sts
