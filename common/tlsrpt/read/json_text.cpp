#include "tlsrpt/read/json_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr char record_separator = '\x1E';                 // RFC 7464
constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

std::string_view skip_space(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && ascii::is_space(text[at])) {
    ++at;
  }
  return text.substr(at);
}

// What may stand before the first text: a mark, white space, a separator.
std::string_view skip_front(std::string_view bytes) {
  bytes = skip_space(bytes.substr(bytes.starts_with(byte_order_mark) ? byte_order_mark.size() : 0));
  return bytes.starts_with(record_separator) ? skip_space(bytes.substr(1)) : bytes;
}

std::size_t continuation_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t wanted = lead >= 0xF0 && lead <= 0xF4 ? 3 : lead >= 0xE0 && lead < 0xF0 ? 2 : 0;
  std::size_t length = 0;
  while (length + 1 < wanted && at + 1 + length < text.size()) {
    const auto c = static_cast<unsigned char>(text[at + 1 + length]);
    // The second byte's range depends on the first: overlong forms, surrogates, over U+10FFFF. RFC 3629
    // section 4.
    const unsigned char least = length > 0 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char most = length > 0 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (c < least || c > most) {
      break;
    }
    ++length;
  }
  return length;
}

// One U+FFFD for each longest piece that could have begun a character, as every browser does.
std::string repair_utf8(std::string_view text, std::size_t at) {
  std::string repaired(text.substr(0, at));
  while (at < text.size()) {
    if (const auto character = text::decode_utf8(text.substr(at))) {
      repaired += text.substr(at, character->length);
      at += character->length;
    } else {
      repaired += replacement;
      at += 1 + continuation_length(text, at);
    }
  }
  return repaired;
}

// The unit of UTF-16 that the escape \\uXXXX at the text's begin stands for; none where it is no such escape.
std::optional<std::uint16_t> escaped_unit(std::string_view text) {
  std::uint16_t unit = 0;
  if (text.size() < 6 || !text.starts_with("\\u")) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  return error == std::errc() && end == text.data() + 6 ? std::optional(unit) : std::nullopt;
}

constexpr bool is_surrogate(std::optional<std::uint16_t> unit, std::uint16_t first) {
  return unit && (*unit & 0xFC00) == first;
}

// Bytes of ASCII come in long runs: eight at a time.
std::size_t ascii_length(std::string_view text) {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + at, 8);
    if ((bytes & 0x8080808080808080U) != 0) {
      break;
    }
  }
  return at;
}

bool begins_text(std::string_view text) {
  return text.starts_with('{') || text.starts_with('[');
}

// The text without what may stand before a JSON text in a line.
std::string_view without_lead(std::string_view text) {
  while (!text.empty() && (text.front() == record_separator || ascii::is_blank(text.front()) ||
                           text.starts_with(byte_order_mark))) {
    text.remove_prefix(text.starts_with(byte_order_mark) ? byte_order_mark.size() : 1);
  }
  return text;
}

// The next line that begins like a text, with what may stand before it; the end where there is none. A line
// that is indented may be inside of a text: it counts where `is_between`.
std::size_t next_text_line(std::string_view text, bool is_between) {
  std::size_t at = text.find('\n');
  while (at != std::string_view::npos) {
    const std::string_view line = text.substr(at + 1);
    const bool is_indented = !line.empty() && ascii::is_blank(line.front());
    if ((is_between || !is_indented) && begins_text(without_lead(line))) {
      return at + 1;
    }
    at = text.find('\n', at + 1);
  }
  return text.size();
}

// Much less than any report has.
constexpr std::size_t least_report_bytes = 100;

// Goes through texts one behind the other. Each look costs no more than the bytes that it gets on by, and the
// looks further on, for a text that has lines which begin like one, are bounded together: so no file is slow.
class Texts {
 public:
  Texts(std::string_view all, Findings& findings, const TakeText& take)
      : all_(all),
        rest_(all),
        findings_(findings),
        take_(take),
        looks_bytes_(2 * all.size()),
        texts_left_(1000 + all.size() / least_report_bytes) {}

  void read() {
    skip_between();
    while (!rest_.empty()) {
      if (texts_left_-- == 0) {
        tell({.error = ReadError::too_big, .detail = "more JSON texts than any file of reports has"});
        break;
      }
      if (begins_text(rest_)) {
        read_text();
      } else {
        leave_line();
      }
      skip_between();
    }
    if (has_rubbish_) {
      findings_.quirks.add(Quirk::trailing);
    }
  }

 private:
  void read_text() {
    std::string_view text = rest_.substr(0, to_next_line());
    if (is_not_first_) {
      text = text.substr(0, end_of_brackets(text));
    }
    is_not_first_ = true;
    TakenText taken = take_(text);
    if (taken.problem && looks_bytes_ > 0 && text.size() < rest_.size() &&
        end_of_brackets(text) == std::string_view::npos) {
      look_further(taken);
    }
    if (!taken.problem) {
      rest_.remove_prefix(taken.length);
    } else if (rest_.starts_with('[') && !is_in_array_) {
      // What stands whole in a cut array is of use.
      is_in_array_ = true;
      findings_.quirks.add(Quirk::array);
      broken_array_ = std::move(taken.problem);
      rest_.remove_prefix(1);
    } else {
      tell(*taken.problem);
      broken_array_.reset();
      rest_.remove_prefix(std::min(taken.length, text.size()));
    }
  }

  // One look for all texts of a line.
  std::size_t to_next_line() {
    const std::size_t at = all_.size() - rest_.size();
    if (next_line_ <= at) {
      next_line_ = at + next_text_line(rest_, false);
    }
    return next_line_ - at;
  }

  // A text with line ends in it may have such lines too.
  void look_further(TakenText& taken) {
    const std::string_view text = rest_.substr(0, end_of_brackets(rest_.substr(0, looks_bytes_)));
    looks_bytes_ -= std::min(text.size(), looks_bytes_);
    if (TakenText whole = take_(text); !whole.problem) {
      taken = std::move(whole);
    }
  }

  // What is no text, to the next line that begins like one.
  void leave_line() {
    const std::size_t next = next_text_line(rest_, true);
    // What has a brace may be a report that is not found.
    if (next < rest_.size() || rest_.substr(0, next).contains('{')) {
      tell({.error = ReadError::json, .detail = "this is no JSON text"});
    } else {
      has_rubbish_ = true;
    }
    rest_.remove_prefix(next);
  }

  void skip_between() {
    std::size_t at = 0;
    while (at < rest_.size()) {
      const char c = rest_[at];
      const bool is_mark = rest_.substr(at).starts_with(byte_order_mark);
      const bool is_closing = c == ',' || c == ';' || c == '}' || c == ']' || c == '\0' || is_mark;
      if (!is_closing && !ascii::is_space(c) && c != record_separator) {
        break;
      }
      is_in_array_ = is_in_array_ && c != ']';
      has_rubbish_ = has_rubbish_ || (is_closing && !is_in_array_);
      at += is_mark ? byte_order_mark.size() : 1;
    }
    rest_.remove_prefix(at);
    if (rest_.empty() && broken_array_) {
      tell(*std::exchange(broken_array_, {}));  // none of its elements was the broken one
    }
  }

  void tell(const Problem& problem) {
    const std::string_view before = all_.substr(counted_, all_.size() - rest_.size() - counted_);
    line_ += static_cast<std::size_t>(std::ranges::count(before, '\n'));
    counted_ += before.size();
    const bool has_lines = line_ > 1 || next_line_ < all_.size();
    findings_.fail(problem.error,
                   (has_lines ? "line " + std::to_string(line_) + ": " : std::string()) + problem.detail);
  }

  std::string_view all_;
  std::string_view rest_;
  Findings& findings_;
  const TakeText& take_;
  std::size_t looks_bytes_;  // that may still be looked at further on
  std::size_t texts_left_;
  std::size_t next_line_ = 0;
  std::size_t line_ = 1;
  std::size_t counted_ = 0;  // bytes whose lines are
  bool is_not_first_ = false;
  bool is_in_array_ = false;
  bool has_rubbish_ = false;
  std::optional<Problem> broken_array_;  // of an array whose broken element has not come yet
};

}  // namespace

bool mend_lone_surrogates(std::string& text) {
  bool has_mended = false;
  std::size_t at = text.find('\\');
  while (at != std::string::npos) {
    const auto unit = escaped_unit(std::string_view(text).substr(at));
    std::size_t length = unit ? 6 : 2;
    const bool is_high = is_surrogate(unit, 0xD800);
    if (is_high && is_surrogate(escaped_unit(std::string_view(text).substr(at + 6)), 0xDC00)) {
      length = 12;
    } else if (is_high || is_surrogate(unit, 0xDC00)) {
      text.replace(at + 2, 4, "FFFD");
      has_mended = true;
    }
    at = text.find('\\', at + length);
  }
  return has_mended;
}

std::size_t end_of_brackets(std::string_view text) {
  std::size_t depth = 0;
  bool is_in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (is_in_string) {
      is_in_string = c != '"';
      at += c == '\\' ? 1 : 0;
    } else if (c == '"') {
      is_in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

bool looks_like_json(std::string_view bytes) {
  return begins_text(skip_front(bytes));
}

bool looks_like_wide_text(std::string_view bytes) {
  const bool has_mark = bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF");
  const bool is_little = bytes.size() >= 2 && (bytes[0] == '{' || bytes[0] == '[') && bytes[1] == '\0';
  const std::string_view front = bytes.substr(0, 4);
  const std::size_t zeros = front.find_first_not_of('\0');
  const bool is_big = (zeros == 1 || zeros == 3) && (front[zeros] == '{' || front[zeros] == '[');
  return has_mark || is_little || is_big;
}

void split_json(std::string_view bytes, Findings& findings, const TakeText& take) {
  if (looks_like_wide_text(bytes)) {
    findings.fail(ReadError::encoding, "the text is UTF-16 or UTF-32: convert it to UTF-8 (iconv)");
    return;
  }
  if (bytes.starts_with(byte_order_mark)) {
    findings.quirks.add(Quirk::bom);
    bytes.remove_prefix(byte_order_mark.size());
  }
  const std::string_view text = skip_space(bytes);
  if (text.empty()) {
    findings.fail(ReadError::empty, "there is nothing in it");
    return;
  }
  if (!looks_like_json(text) && next_text_line(text, false) == text.size()) {
    findings.fail(ReadError::not_report, "the text is no JSON object or array");
    return;
  }
  const std::size_t plain = ascii_length(text);
  if (const auto invalid = text::find_invalid_utf8(text.substr(plain))) {
    findings.quirks.add(Quirk::utf8);
    const std::string repaired = repair_utf8(text, plain + *invalid);
    Texts(repaired, findings, take).read();
  } else {
    Texts(text, findings, take).read();
  }
}

}  // namespace mta_sts::tlsrpt
