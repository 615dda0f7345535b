#include "tlsrpt/read/mbox_separator.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::size_t length_limit = 1000;
// "John Q. Public": a sender's name that a program put there in place of the address.
constexpr std::size_t sender_words_limit = 4;

constexpr std::array<std::string_view, 7> weekdays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string_view take_last_word(std::string_view& text) {
  text = ascii::trim_blanks(text);
  const std::size_t blank = text.find_last_of(" \t");
  const std::string_view word = blank == std::string_view::npos ? text : text.substr(blank + 1);
  text.remove_suffix(word.size());
  return word;
}

// What the words of a date say, from the last one on.
class Date {
 public:
  // False for a word that is of no date.
  bool take(std::string_view word) {
    if (word.ends_with(',')) {
      word.remove_suffix(1);
    }
    const bool is_weekday = std::ranges::find(weekdays, word) != weekdays.end();
    if (is_weekday || std::ranges::find(months, word) != months.end()) {
      has_weekday_ = has_weekday_ || is_weekday;
      return true;
    }
    has_time_ = has_time_ || is_time(word);
    has_year_ = has_year_ || begins_with_year(word);
    return !word.empty() && (is_number(word) || is_zone(word));
  }

  [[nodiscard]] bool is_whole() const { return has_time_ && (has_weekday_ || has_year_); }

 private:
  static bool is_time(std::string_view word) {
    const std::size_t colon = word.find(':');
    return colon != std::string_view::npos && colon > 0 && colon + 1 < word.size() &&
           ascii::is_digit(word[colon - 1]) && ascii::is_digit(word[colon + 1]);
  }

  static bool begins_with_year(std::string_view word) {
    return word.size() >= 4 && (word.starts_with("19") || word.starts_with("20")) &&
           std::ranges::all_of(word.substr(0, 4), ascii::is_digit);
  }

  // "2026", "04:12:09", "2026-03-03T04:12:09Z", "+0000".
  static bool is_number(std::string_view word) {
    return std::ranges::any_of(word, ascii::is_digit) &&
           word.find_first_not_of("0123456789:+-./TZ") == std::string_view::npos;
  }

  // "UTC", "(CET)".
  static bool is_zone(std::string_view word) {
    if (word.starts_with('(') && word.ends_with(')')) {
      word = word.substr(1, word.size() - 2);
    }
    return !word.empty() && word.size() <= 5 && std::ranges::all_of(word, ascii::is_upper);
  }

  bool has_weekday_ = false;
  bool has_time_ = false;
  bool has_year_ = false;
};

// A date with a time behind one or a few words of a sender.
bool ends_with_date(std::string_view rest) {
  if (const std::size_t remote = rest.rfind(" remote from "); remote != std::string_view::npos) {
    rest = rest.substr(0, remote);  // of UUCP
  }
  Date date;
  std::string_view word;
  do {
    word = take_last_word(rest);
  } while (!word.empty() && date.take(word));
  std::size_t senders = 0;
  for (; !word.empty(); word = take_last_word(rest)) {
    ++senders;
  }
  return date.is_whole() && senders >= 1 && senders <= sender_words_limit;
}

bool is_sender(std::string_view rest) {
  const bool is_word = rest.find_first_of(" \t") == std::string_view::npos;
  return rest.empty() || rest == "-" || rest == "<>" || rest == "MAILER-DAEMON" ||
         (is_word && rest.contains('@'));
}

}  // namespace

SeparatorForm separator_form(std::string_view line) {
  constexpr std::string_view from = "From";
  if (!line.starts_with(from) || (line.size() > from.size() && !ascii::is_blank(line[from.size()]))) {
    return SeparatorForm::none;
  }
  const std::string_view rest = ascii::trim_blanks(line.substr(from.size()));
  if (is_sender(rest)) {
    return SeparatorForm::bare;
  }
  return rest.size() <= length_limit && ends_with_date(rest) ? SeparatorForm::dated : SeparatorForm::sentence;
}

}  // namespace mta_sts::tlsrpt
