#include "tlsrpt/json_text.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
// One more than the greatest count: whoever reads it as a count refuses it.
constexpr std::string_view beyond_any_count = "18446744073709551616";

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view skip_space(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && is_space(text[at])) {
    ++at;
  }
  return text.substr(at);
}

std::size_t continuation_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t wanted = lead >= 0xF0 && lead <= 0xF4 ? 3 : lead >= 0xE0 && lead < 0xF0 ? 2 : 0;
  std::size_t length = 0;
  while (length + 1 < wanted && at + 1 + length < text.size()) {
    const auto c = static_cast<unsigned char>(text[at + 1 + length]);
    // The second octet's range depends on the first: overlong forms, surrogates, over U+10FFFF. RFC 3629
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

std::optional<unsigned> hex4(std::string_view text) {
  if (text.size() < 4) {
    return std::nullopt;
  }
  unsigned value = 0;
  for (const char c : text.substr(0, 4)) {
    const char low = ascii::to_lower(c);
    const bool is_letter = low >= 'a' && low <= 'f';
    if (!is_letter && !ascii::is_digit(c)) {
      return std::nullopt;
    }
    value = value * 16 + static_cast<unsigned>(is_letter ? low - 'a' + 10 : c - '0');
  }
  return value;
}

constexpr bool is_high_surrogate(unsigned unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
constexpr bool is_low_surrogate(unsigned unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

// Length of the escape that `text` begins with, and whether it is half a character.
struct Escape {
  std::size_t length = 2;
  bool is_lone_surrogate = false;
};

Escape read_escape(std::string_view text) {
  if (text.size() < 2 || text[1] != 'u') {
    return {.length = std::min<std::size_t>(2, text.size())};
  }
  const auto unit = hex4(text.substr(2));
  if (!unit) {
    return {};
  }
  if (is_high_surrogate(*unit) && text.substr(6, 2) == "\\u") {
    const auto next = hex4(text.substr(8));
    if (next && is_low_surrogate(*next)) {
      return {.length = 12};
    }
  }
  return {.length = 6, .is_lone_surrogate = is_high_surrogate(*unit) || is_low_surrogate(*unit)};
}

std::string_view read_number(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() &&
         (ascii::is_digit(text[length]) || text[length] == '-' || text[length] == '+' ||
          text[length] == '.' || text[length] == 'e' || text[length] == 'E')) {
    ++length;
  }
  return text.substr(0, length);
}

// A double ends near 1e308; anything that might be over it is none of a report's numbers.
bool is_beyond_double(std::string_view number) {
  const std::size_t e = number.find_first_of("eE");
  if (e == std::string_view::npos) {
    return number.size() > 300;
  }
  const std::string_view exponent = number.substr(e + 1);
  const std::size_t digits = static_cast<std::size_t>(std::ranges::count_if(exponent, ascii::is_digit));
  return number.size() > 200 || (!exponent.starts_with('-') && digits > 2);
}

// Walks one JSON text to its end, copying it where it must be mended.
class TextCutter {
 public:
  explicit TextCutter(std::string_view text) : text_(text) {}

  // False where the text ends before its outermost bracket is closed.
  bool cut() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        if (!cut_string()) {
          return false;
        }
      } else if (c == '{' || c == '[') {
        deepest_ = std::max(deepest_, ++depth_);
        ++at_;
      } else if (c == '}' || c == ']') {
        ++at_;
        if (--depth_ == 0) {
          return true;
        }
      } else if (c == '-' || ascii::is_digit(c)) {
        cut_number();
      } else {
        ++at_;
      }
    }
    return false;
  }

  [[nodiscard]] std::size_t length() const { return at_; }
  [[nodiscard]] std::size_t deepest() const { return deepest_; }
  [[nodiscard]] bool has_lone_surrogate() const { return has_lone_surrogate_; }

  std::string_view mended() {
    if (copied_ == 0) {
      return text_.substr(0, at_);
    }
    mended_ += text_.substr(copied_, at_ - copied_);
    copied_ = at_;
    return mended_;
  }

 private:
  bool cut_string() {
    ++at_;
    while (at_ < text_.size()) {
      const std::size_t next = text_.find_first_of("\"\\", at_);
      if (next == std::string_view::npos) {
        at_ = text_.size();
        return false;
      }
      at_ = next;
      if (text_[at_] == '"') {
        ++at_;
        return true;
      }
      const Escape escape = read_escape(text_.substr(at_));
      if (escape.is_lone_surrogate) {
        has_lone_surrogate_ = true;
        replace(escape.length, replacement);
      } else {
        at_ += escape.length;
      }
    }
    return false;
  }

  void cut_number() {
    const std::string_view number = read_number(text_.substr(at_));
    if (is_beyond_double(number)) {
      replace(number.size(), beyond_any_count);
    } else {
      at_ += number.size();
    }
  }

  void replace(std::size_t length, std::string_view with) {
    mended_ += text_.substr(copied_, at_ - copied_);
    mended_ += with;
    at_ += length;
    copied_ = at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t deepest_ = 0;
  std::size_t copied_ = 0;
  std::string mended_;
  bool has_lone_surrogate_ = false;
};

void split_texts(std::string_view rest, Findings& findings,
                 const std::function<void(std::string_view)>& accept) {
  std::size_t count = 0;
  while (!rest.empty()) {
    if (rest.front() != '{' && rest.front() != '[') {
      if (count > 0) {
        findings.quirks.add(Quirk::trailing);
      } else {
        findings.fail(ReadError::not_report, "the text is no JSON object or array");
      }
      return;
    }
    ++count;
    TextCutter cutter(rest);
    const bool is_whole = cutter.cut();
    if (cutter.has_lone_surrogate()) {
      findings.quirks.add(Quirk::utf8);
    }
    if (cutter.deepest() > json_depth_limit) {
      findings.fail(ReadError::depth, "JSON text " + std::to_string(count) + " is nested " +
                                          std::to_string(cutter.deepest()) + " deep; 64 is the most");
    } else if (!is_whole) {
      findings.fail(ReadError::json, "JSON text " + std::to_string(count) + " ends too early, after " +
                                         std::to_string(cutter.length()) + " octets: fetch it again");
    } else {
      accept(cutter.mended());
    }
    rest = skip_space(rest.substr(cutter.length()));
  }
}

}  // namespace

bool looks_like_json(std::string_view bytes) {
  if (bytes.starts_with(byte_order_mark)) {
    bytes.remove_prefix(byte_order_mark.size());
  }
  const std::string_view text = skip_space(bytes);
  return text.starts_with('{') || text.starts_with('[');
}

bool looks_like_wide_text(std::string_view bytes) {
  const bool has_mark = bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF");
  const bool is_little = bytes.size() >= 2 && (bytes[0] == '{' || bytes[0] == '[') && bytes[1] == '\0';
  const std::string_view front = bytes.substr(0, 4);
  const std::size_t zeros = front.find_first_not_of('\0');
  const bool is_big = (zeros == 1 || zeros == 3) && (front[zeros] == '{' || front[zeros] == '[');
  return has_mark || is_little || is_big;
}

void split_json(std::string_view bytes, Findings& findings,
                const std::function<void(std::string_view)>& accept) {
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
  if (text.front() != '{' && text.front() != '[') {
    findings.fail(ReadError::not_report, "the text is no JSON object or array");
    return;
  }
  if (const auto invalid = text::find_invalid_utf8(text)) {
    findings.quirks.add(Quirk::utf8);
    split_texts(repair_utf8(text, *invalid), findings, accept);
  } else {
    split_texts(text, findings, accept);
  }
}

}  // namespace mta_sts::tlsrpt
