#include "base/utf8.hpp"
#include "publish/directive.hpp"

namespace mta_sts {

std::string_view to_string(DirectiveErrorCode code) {
  switch (code) {
    case DirectiveErrorCode::no_words:
      return "no-words";
    case DirectiveErrorCode::unknown_word:
      return "unknown-word";
    case DirectiveErrorCode::missing_mode:
      return "missing-mode";
    case DirectiveErrorCode::repeated_word:
      return "repeated-word";
    case DirectiveErrorCode::conflicting_word:
      return "conflicting-word";
    case DirectiveErrorCode::missing_mx:
      return "missing-mx";
    case DirectiveErrorCode::bad_mx:
      return "bad-mx";
    case DirectiveErrorCode::bad_max_age:
      return "bad-max-age";
    case DirectiveErrorCode::bad_serial:
      return "bad-serial";
    case DirectiveErrorCode::empty_value:
      return "empty-value";
    case DirectiveErrorCode::bad_path:
      return "bad-path";
    case DirectiveErrorCode::too_large:
      return "too-large";
  }
  return "unknown-word";
}

std::string to_message(const DirectiveError& error) {
  std::string message(to_string(error.code));
  if (!error.word.empty()) {
    message += " \"";
    message += error.word;
    message += '"';
  }
  message += ": ";
  message += error.detail;
  return message;
}

}  // namespace mta_sts
