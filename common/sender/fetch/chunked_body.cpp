#include "sender/fetch/chunked_body.hpp"

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"

namespace mta_sts::sender {
namespace {

constexpr std::size_t digits_limit = 8;
constexpr std::size_t line_limit_bytes = 8 * 1024;
constexpr std::size_t overhead_limit = 1024 * 1024;

std::optional<std::size_t> value_of(char digit) {
  if (ascii::is_digit(digit)) {
    return static_cast<std::size_t>(digit - '0');
  }
  const char lower = ascii::to_lower(digit);
  return lower >= 'a' && lower <= 'f' ? std::optional(static_cast<std::size_t>(lower - 'a' + 10))
                                      : std::nullopt;
}

}  // namespace

bool ChunkedBody::broken(std::string_view fault) {
  fault_ = fault;
  return false;
}

bool ChunkedBody::decode(std::string_view bytes, HttpHead& head, std::string& content, std::size_t limit) {
  while (!bytes.empty() && state_ != State::ended) {
    if (!fault_.empty()) {
      return false;
    }
    if (state_ == State::content) {
      const std::string_view part = bytes.substr(0, size_);
      content.append(part.substr(0, limit + 1 - std::min(content.size(), limit + 1)));
      bytes.remove_prefix(part.size());
      size_ -= part.size();
      state_ = size_ == 0 ? State::content_end : State::content;
      continue;
    }
    if (++overhead_ > overhead_limit) {
      return broken("the chunked coding has more frame than content");
    }
    if (!decode_byte(bytes.front(), head)) {
      return false;
    }
    bytes.remove_prefix(1);
  }
  return fault_.empty();
}

bool ChunkedBody::decode_byte(char byte, HttpHead& head) {
  switch (state_) {
    case State::size:
      return parse_size(byte);
    case State::extension:
      state_ = byte == '\r' ? State::size_end : State::extension;
      return byte == '\r' || byte == '\t' || !ascii::is_control(byte) ||
             broken("a chunk extension is malformed");
    case State::size_end:
      return parse_size_end(byte);
    case State::content_end:
      state_ = State::content_end_lf;
      return byte == '\r' || broken("a chunk is longer than its size");
    case State::content_end_lf:
      state_ = State::size;
      return byte == '\n' || broken("a chunk does not end with CR LF");
    case State::trailer:
      return parse_trailer(byte, head);
    case State::content:
    case State::ended:
      break;
  }
  return true;
}

bool ChunkedBody::parse_size(char byte) {
  if (const auto value = value_of(byte)) {
    size_ = size_ * 16 + *value;
    return ++digits_ <= digits_limit || broken("a chunk size is too long");
  }
  if (digits_ == 0) {
    return broken("a chunk size is no hexadecimal number");
  }
  if (byte == '\r') {
    state_ = State::size_end;
    return true;
  }
  state_ = State::extension;
  return byte == ';' || byte == ' ' || byte == '\t' || broken("a chunk size is no hexadecimal number");
}

bool ChunkedBody::parse_size_end(char byte) {
  digits_ = 0;
  state_ = size_ == 0 ? State::trailer : State::content;
  return byte == '\n' || broken("the line of a chunk size does not end with CR LF");
}

// The head judges each line as it judges its own; the empty one is the end.
bool ChunkedBody::parse_trailer(char byte, HttpHead& head) {
  line_ += byte;
  if (line_.size() > line_limit_bytes) {
    return broken("a trailer field is too long");
  }
  if (byte != '\n') {
    return true;
  }
  if (!head.parse_line(line_)) {
    return broken("a trailer field is malformed");
  }
  state_ = line_ == "\r\n" ? State::ended : State::trailer;
  line_.clear();
  return true;
}

}  // namespace mta_sts::sender
