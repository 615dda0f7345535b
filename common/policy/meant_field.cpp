#include "policy/meant_field.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <vector>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "policy/byte_order_mark.hpp"

namespace mta_sts {
namespace {

constexpr std::array<std::string_view, 4> known_fields{"version", "mode", "max_age", "mx"};
constexpr std::size_t name_limit_bytes = 32;

// What people write for a field, in letters and digits alone.
struct Synonym {
  std::string_view name;
  std::string_view field;
};
constexpr Synonym synonyms[] = {
    {"v", "version"},    {"ver", "version"},  {"maxage", "max_age"}, {"maximumage", "max_age"},
    {"m", "mx"},         {"x", "mx"},         {"xm", "mx"},          {"mxhost", "mx"},
    {"mxhosts", "mx"},   {"mxrecord", "mx"},  {"mxrecords", "mx"},   {"mxserver", "mx"},
    {"mxservers", "mx"}, {"mxpattern", "mx"}, {"mxpatterns", "mx"},
};

// Words that are long enough for a typing error to leave them recognisable.
struct Spelling {
  std::string_view letters;
  std::string_view field;
  std::size_t errors_limit;
  std::size_t least_length;
};
constexpr Spelling spellings[] = {
    {"version", "version", 2, 5}, {"maxage", "max_age", 2, 5}, {"mode", "mode", 1, 3}};

std::string letters_of(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    if (ascii::is_alnum(c)) {
      letters += ascii::to_lower(c);
    }
  }
  return letters;
}

// "mx1", "mx02": the lines of one list, counted.
bool is_counted_mx(std::string_view letters) {
  constexpr std::size_t length_limit = 4;
  return letters.size() <= length_limit && letters.starts_with("mx") &&
         std::ranges::all_of(letters.substr(2), ascii::is_digit);
}

// "nmx", "mxs", "m1x": a letter too many. "max" is rather the begin of another field.
bool is_mx_with_one_more(std::string_view letters) {
  constexpr std::size_t length = 3;
  return letters.size() == length && letters != "max" && typing_errors_between(letters, "mx") == 1;
}

LooseField read_without_colon(std::string_view line) {
  text::Cursor cursor(line);
  const std::string_view name = cursor.take_while([](char c) { return !ascii::is_blank(c); });
  const std::string_view value = ascii::trim_blanks(cursor.rest());
  const bool is_known = std::ranges::any_of(
      known_fields, [&](std::string_view field) { return ascii::equals_ignoring_case(field, name); });
  const bool is_word = !value.empty() && std::ranges::none_of(value, ascii::is_blank);
  return is_known && is_word ? LooseField{.name = name, .value = value} : LooseField{};
}

}  // namespace

LooseField read_loosely(std::string_view line) {
  if (line.starts_with(byte_order_mark)) {
    line.remove_prefix(byte_order_mark.size());
  }
  line = ascii::trim_blanks(line);
  if (line.starts_with("- ") || line.starts_with("* ")) {
    line = ascii::trim_blanks(line.substr(1));
  }
  text::Cursor cursor(line);
  const std::string_view name = cursor.take_while([](char c) { return c != ':' && c != '='; });
  if (cursor.at_end()) {
    return read_without_colon(line);
  }
  return {.name = ascii::trim_blanks(name), .value = ascii::trim_blanks(cursor.rest().substr(1))};
}

std::string_view near_field(std::string_view name) {
  if (name.size() > name_limit_bytes) {
    return {};
  }
  const std::string letters = letters_of(name);
  const auto synonym = std::ranges::find(synonyms, letters, &Synonym::name);
  if (synonym != std::end(synonyms)) {
    return synonym->field;
  }
  if (is_counted_mx(letters) || is_mx_with_one_more(letters)) {
    return "mx";
  }
  for (const Spelling& word : spellings) {
    if (letters.size() >= word.least_length &&
        typing_errors_between(letters, word.letters) <= word.errors_limit) {
      return word.field;
    }
  }
  return {};
}

std::string_view meant_field(std::string_view line) {
  return near_field(read_loosely(line).name);
}

std::size_t typing_errors_between(std::string_view a, std::string_view b) {
  const auto at = [width = b.size() + 1](std::size_t i, std::size_t j) { return i * width + j; };
  std::vector<std::size_t> errors((a.size() + 1) * (b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        errors[at(i, j)] = i + j;
        continue;
      }
      std::size_t least = errors[at(i - 1, j - 1)] + (a[i - 1] == b[j - 1] ? 0 : 1);
      least = std::min({least, errors[at(i - 1, j)] + 1, errors[at(i, j - 1)] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        least = std::min(least, errors[at(i - 2, j - 2)] + 1);
      }
      errors[at(i, j)] = least;
    }
  }
  return errors[at(a.size(), b.size())];
}

}  // namespace mta_sts
