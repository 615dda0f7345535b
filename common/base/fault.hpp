#pragma once

#include <string>
#include <string_view>

namespace mta_sts {

/// The word of an error: kebab-case, one of docs/errors.md. Only a literal of that form makes one, which the
/// compiler checks; so a word outlives every error that has it.
class FaultWord {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is written where a word is wanted.
  consteval FaultWord(const char* literal) : text_(literal) {
    if (!is_kebab_case(text_)) {
      throw "an error's word is kebab-case";  // no constant expression: the compiler stops here
    }
  }

  [[nodiscard]] constexpr std::string_view text() const { return text_; }

 private:
  static constexpr bool is_kebab_case(std::string_view word) {
    char before = '-';
    for (const char c : word) {
      const bool is_part = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      if (!is_part && (c != '-' || before == '-')) {
        return false;
      }
      before = c;
    }
    return before != '-';
  }

  std::string_view text_;
};

/// An error of ours: which one, and what happened with the fix, foreign text in it already safe to show.
struct Fault {
  FaultWord word;
  std::string detail;
};

/// The same text for an error whose word is the name of an enumerator.
[[nodiscard]] inline std::string to_line(std::string_view word, std::string_view detail) {
  return std::string(word) + ": " + std::string(detail);
}

/// Gives the text that a person reads: `word: detail`. A log line takes the two apart (base/log.hpp).
[[nodiscard]] inline std::string to_line(const Fault& fault) {
  return to_line(fault.word.text(), fault.detail);
}

}  // namespace mta_sts
