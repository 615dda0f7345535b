#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace mta_sts::eximcheck {

/// One thing that exim-check looked at.
struct EximFinding {
  enum class Level : std::uint8_t { ok, warning, fault, temporary };
  Level level = Level::ok;
  std::string word;  ///< of docs/errors.md; empty for ok
  std::string text;
  std::string fix;  ///< empty for ok
};

inline EximFinding ok_finding(std::string text) {
  return {.level = EximFinding::Level::ok, .word = {}, .text = std::move(text), .fix = {}};
}

inline EximFinding fault_finding(std::string word, std::string text, std::string fix) {
  return {.level = EximFinding::Level::fault,
          .word = std::move(word),
          .text = std::move(text),
          .fix = std::move(fix)};
}

}  // namespace mta_sts::eximcheck
