#include "cli/error_words.hpp"

#include "base/cursor.hpp"
#include "errors_page.hpp"

namespace mta_sts::cli {
namespace {

constexpr std::string_view separator = " - ";

/// Reads a line "- `word` - meaning - mend", where several words may share one entry: "- `a`, `b` - …".
void read_entry(std::string_view line, std::vector<ErrorWord>& entries) {
  text::Cursor cursor(line);
  if (!cursor.take("- `")) {
    return;
  }
  std::vector<std::string_view> words;
  do {
    words.push_back(cursor.take_while([](char c) { return c != '`'; }));
  } while (cursor.take("`, `"));
  const std::size_t end =
      cursor.take('`') && cursor.take(separator) ? cursor.rest().find(separator) : std::string_view::npos;
  if (end == std::string_view::npos) {
    return;
  }
  for (const std::string_view word : words) {
    entries.push_back({word, cursor.rest().substr(0, end), cursor.rest().substr(end + separator.size())});
  }
}

}  // namespace

std::vector<ErrorWord> all_error_words() {
  std::vector<ErrorWord> entries;
  std::string_view page = errors_page;
  while (!page.empty()) {
    const std::size_t end = page.find('\n');
    read_entry(page.substr(0, end), entries);
    page.remove_prefix(end == std::string_view::npos ? page.size() : end + 1);
  }
  return entries;
}

std::optional<ErrorWord> find_error_word(std::string_view word) {
  for (const ErrorWord& entry : all_error_words()) {
    if (entry.word == word) {
      return entry;
    }
  }
  return std::nullopt;
}

}  // namespace mta_sts::cli
