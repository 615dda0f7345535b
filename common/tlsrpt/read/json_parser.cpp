#include "tlsrpt/read/json_parser.hpp"

#include <array>
#include <optional>

#include "base/ascii.hpp"
#include "tlsrpt/model/words.hpp"

namespace mta_sts::tlsrpt {
namespace {

// What a string's scan must not run over: its end, an escape, a raw control.
constexpr std::array<bool, 256> make_stops() {
  std::array<bool, 256> stops{};
  for (std::size_t c = 0; c < 0x20; ++c) {
    stops[c] = true;
  }
  stops['"'] = true;
  stops['\\'] = true;
  return stops;
}
constexpr std::array<bool, 256> stops = make_stops();

constexpr unsigned char byte(char c) {
  return static_cast<unsigned char>(c);
}

std::optional<char32_t> hex4(std::string_view text) {
  if (text.size() < 4) {
    return std::nullopt;
  }
  char32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    const char low = ascii::to_lower(c);
    const bool is_letter = low >= 'a' && low <= 'f';
    if (!is_letter && !ascii::is_digit(c)) {
      return std::nullopt;
    }
    value = value * 16 + static_cast<char32_t>(is_letter ? low - 'a' + 10 : c - '0');
  }
  return value;
}

constexpr bool is_high_surrogate(char32_t unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
constexpr bool is_low_surrogate(char32_t unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

}  // namespace

JsonEnd JsonParser::parse() {
  do {
    skip_space();
    if (at_end()) {
      return JsonEnd::cut_short;
    }
    if (const JsonEnd end = step(); end != JsonEnd::whole) {
      return end;
    }
  } while (!brackets_.empty());
  return JsonEnd::whole;
}

JsonEnd JsonParser::step() {
  switch (expect_) {
    case Expect::value:
      return parse_value();
    case Expect::value_or_end:
      return text_[at_] == ']' ? parse_close() : parse_value();
    case Expect::key:
      return parse_key();
    case Expect::key_or_end:
      return text_[at_] == '}' ? parse_close() : parse_key();
    case Expect::comma_or_end:
      return parse_comma_or_end();
  }
  return JsonEnd::syntax;
}

JsonEnd JsonParser::parse_value() {
  const char c = text_[at_];
  if (c == '"') {
    std::string_view value;
    bool is_plain = false;
    if (const JsonEnd end = scan_string(value, is_plain); end != JsonEnd::whole) {
      return end;
    }
    value_done();
    return events_.string(value, is_plain) ? JsonEnd::whole : JsonEnd::stopped;
  }
  if (c == '{' || c == '[') {
    if (brackets_.size() == json_depth_limit) {
      return JsonEnd::too_deep;
    }
    ++at_;
    brackets_ += c;
    expect_ = c == '{' ? Expect::key_or_end : Expect::value_or_end;
    return events_.open(c) ? JsonEnd::whole : JsonEnd::stopped;
  }
  switch (c) {
    case 't':
      return parse_literal("true");
    case 'f':
      return parse_literal("false");
    case 'n':
      return parse_literal("null");
    default:
      return parse_number();
  }
}

JsonEnd JsonParser::parse_literal(std::string_view word) {
  for (const char c : word) {
    if (at_end() || text_[at_] != c) {
      return fault();
    }
    ++at_;
  }
  value_done();
  return events_.literal(word) ? JsonEnd::whole : JsonEnd::stopped;
}

JsonEnd JsonParser::parse_number() {
  const std::size_t begin = at_;
  const auto take = [&](char c) { return !at_end() && text_[at_] == c ? (++at_, true) : false; };
  const auto parse_digits = [&] {
    const std::size_t first = at_;
    while (!at_end() && ascii::is_digit(text_[at_])) {
      ++at_;
    }
    return at_ != first;
  };
  take('-');
  if (!take('0') && !parse_digits()) {
    return fault();
  }
  if (take('.') && !parse_digits()) {
    return fault();
  }
  if (take('e') || take('E')) {
    static_cast<void>(take('+') || take('-'));
    if (!parse_digits()) {
      return fault();
    }
  }
  value_done();
  return events_.literal(text_.substr(begin, at_ - begin)) ? JsonEnd::whole : JsonEnd::stopped;
}

JsonEnd JsonParser::parse_key() {
  if (text_[at_] != '"') {
    return JsonEnd::syntax;
  }
  std::string_view name;
  bool is_plain = false;
  if (const JsonEnd end = scan_string(name, is_plain); end != JsonEnd::whole) {
    return end;
  }
  if (!events_.key(name)) {
    return JsonEnd::stopped;
  }
  skip_space();
  if (at_end() || text_[at_] != ':') {
    return fault();
  }
  ++at_;
  expect_ = Expect::value;
  return JsonEnd::whole;
}

JsonEnd JsonParser::parse_comma_or_end() {
  if (text_[at_] != ',') {
    return parse_close();
  }
  ++at_;
  expect_ = brackets_.back() == '{' ? Expect::key : Expect::value;
  return JsonEnd::whole;
}

JsonEnd JsonParser::parse_close() {
  const char bracket = text_[at_];
  if (bracket != (brackets_.back() == '{' ? '}' : ']')) {
    return JsonEnd::syntax;
  }
  ++at_;
  brackets_.pop_back();
  value_done();
  return events_.close(bracket) ? JsonEnd::whole : JsonEnd::stopped;
}

JsonEnd JsonParser::scan_string(std::string_view& value, bool& is_plain) {
  const std::size_t begin = ++at_;
  unsigned char high = 0;
  bool has_delete = false;
  while (!at_end() && !stops[byte(text_[at_])]) {
    high = static_cast<unsigned char>(high | byte(text_[at_]));
    has_delete = has_delete || text_[at_] == 0x7F;
    ++at_;
  }
  if (at_end() || byte(text_[at_]) < 0x20) {
    return fault();
  }
  if (text_[at_] == '"') {
    value = text_.substr(begin, at_ - begin);
    is_plain = high < 0x80 && !has_delete;
    ++at_;
    return JsonEnd::whole;
  }
  is_plain = false;
  decoded_.assign(text_, begin, at_ - begin);
  return decode_string(value);
}

// From the first escape on.
JsonEnd JsonParser::decode_string(std::string_view& value) {
  while (!at_end()) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      value = decoded_;
      return JsonEnd::whole;
    }
    if (byte(c) < 0x20) {
      return JsonEnd::syntax;
    }
    ++at_;
    if (c != '\\') {
      decoded_ += c;
    } else if (!decode_escape()) {
      return fault();
    }
  }
  return JsonEnd::cut_short;
}

bool JsonParser::decode_escape() {
  if (at_end()) {
    return false;
  }
  constexpr std::string_view names = "\"\\/bfnrtu";
  constexpr std::string_view values = "\"\\/\b\f\n\r\t";
  const std::size_t which = names.find(text_[at_]);
  if (which == std::string_view::npos) {
    return false;
  }
  ++at_;
  if (which == values.size()) {
    return decode_unicode();
  }
  decoded_ += values[which];
  return true;
}

bool JsonParser::decode_unicode() {
  const auto unit = hex4(text_.substr(at_));
  if (!unit) {
    at_ = text_.size() - at_ < 4 ? text_.size() : at_;  // cut short, or wrong
    return false;
  }
  at_ += 4;
  if (is_high_surrogate(*unit) && text_.substr(at_, 2) == "\\u") {
    const auto next = hex4(text_.substr(at_ + 2));
    if (next && is_low_surrogate(*next)) {
      at_ += 6;
      put(0x10000 + ((*unit - 0xD800) << 10) + (*next - 0xDC00));
      return true;
    }
  }
  const bool is_half = is_high_surrogate(*unit) || is_low_surrogate(*unit);
  has_lone_surrogate_ = has_lone_surrogate_ || is_half;
  put(is_half ? U'\uFFFD' : *unit);
  return true;
}

void JsonParser::put(char32_t code_point) {
  const auto low = [&](unsigned shift) { return static_cast<char>(0x80 | ((code_point >> shift) & 0x3F)); };
  if (code_point < 0x80) {
    decoded_ += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    decoded_ += static_cast<char>(0xC0 | (code_point >> 6));
    decoded_ += low(0);
  } else if (code_point < 0x10000) {
    decoded_ += static_cast<char>(0xE0 | (code_point >> 12));
    decoded_ += low(6);
    decoded_ += low(0);
  } else {
    decoded_ += static_cast<char>(0xF0 | (code_point >> 18));
    decoded_ += low(12);
    decoded_ += low(6);
    decoded_ += low(0);
  }
}

void JsonParser::skip_space() {
  while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
    ++at_;
  }
}

}  // namespace mta_sts::tlsrpt
