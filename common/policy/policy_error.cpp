#include "policy/parse_policy.hpp"

namespace mta_sts {

std::string_view to_string(PolicyErrorCode code) {
  switch (code) {
    case PolicyErrorCode::too_large:
      return "too-large";
    case PolicyErrorCode::not_utf8:
      return "not-utf8";
    case PolicyErrorCode::bom:
      return "bom";
    case PolicyErrorCode::bad_line_ending:
      return "bad-line-ending";
    case PolicyErrorCode::empty:
      return "empty";
    case PolicyErrorCode::blank_line:
      return "blank-line";
    case PolicyErrorCode::bad_syntax:
      return "bad-syntax";
    case PolicyErrorCode::missing_version:
      return "missing-version";
    case PolicyErrorCode::bad_version:
      return "bad-version";
    case PolicyErrorCode::missing_mode:
      return "missing-mode";
    case PolicyErrorCode::bad_mode:
      return "bad-mode";
    case PolicyErrorCode::missing_max_age:
      return "missing-max-age";
    case PolicyErrorCode::bad_max_age:
      return "bad-max-age";
    case PolicyErrorCode::bad_mx:
      return "bad-mx";
    case PolicyErrorCode::missing_mx:
      return "missing-mx";
  }
  return "bad-syntax";
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
