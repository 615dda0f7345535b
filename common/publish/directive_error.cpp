#include "base/enum_names.hpp"
#include "base/utf8.hpp"
#include "publish/directive.hpp"

namespace mta_sts::publish {

std::string_view to_string(DirectiveErrorCode code) {
  using enum DirectiveErrorCode;
  static constexpr auto words = enum_names<DirectiveErrorCode>({
      {no_words, "no-words"},
      {unknown_word, "unknown-word"},
      {missing_mode, "missing-mode"},
      {repeated_word, "repeated-word"},
      {conflicting_word, "conflicting-word"},
      {missing_mx, "missing-mx"},
      {bad_mx, "bad-mx"},
      {bad_max_age, "bad-max-age"},
      {bad_serial, "bad-serial"},
      {empty_value, "empty-value"},
      {bad_path, "bad-path"},
      {too_large, "too-large"},
  });
  return words[code];
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

}  // namespace mta_sts::publish
