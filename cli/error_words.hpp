#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace mta_sts::cli {

/// What docs/errors.md says of one word; it is built into the program.
struct ErrorWord {
  std::string_view word;
  std::string_view meaning;
  std::string_view mend;
};

/// Gives the entry of a word; nothing for a word that is not there.
[[nodiscard]] std::optional<ErrorWord> find_error_word(std::string_view word);

/// Gives all entries in the order of the page.
[[nodiscard]] std::vector<ErrorWord> all_error_words();

}  // namespace mta_sts::cli
