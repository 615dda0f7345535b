#include "sender/fetch/http_head.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/cursor.hpp"

namespace mta_sts::sender {
namespace {

constexpr std::size_t lines_limit = 256;
constexpr std::size_t head_limit_bytes = 32 * 1024;
constexpr std::size_t interim_limit = 8;

// RFC 9110 section 5.6.2.
bool is_token_character(char c) {
  return ascii::is_alnum(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// RFC 9110 section 5.5: visible, obs-text, SP and HTAB.
bool is_value_character(char c) {
  return c == '\t' || !ascii::is_control(c);
}

bool is_length(std::string_view value) {
  return !value.empty() && std::ranges::all_of(value, ascii::is_digit);
}

std::string_view without_leading_zeros(std::string_view digits) {
  const std::size_t first = std::min(digits.find_first_not_of('0'), digits.size());
  return digits.substr(first);
}

}  // namespace

bool HttpHead::broken(std::string_view fault) {
  if (fault_.empty()) {
    fault_ = fault;
  }
  return false;
}

bool HttpHead::parse_line(std::string_view line) {
  if (!fault_.empty()) {
    return false;
  }
  bytes_ += line.size();
  if (++lines_ > lines_limit || bytes_ > head_limit_bytes) {
    return broken("the head of the answer is too long");
  }
  if (!line.ends_with("\r\n")) {
    return broken("a line of the head does not end with CR LF");
  }
  line.remove_suffix(2);
  if (state_ == State::status_line) {
    return parse_status_line(line);
  }
  if (line.empty()) {
    return end_head();
  }
  return parse_field(line);
}

bool HttpHead::parse_status_line(std::string_view line) {
  text::Cursor cursor(line);
  if (cursor.take("HTTP/1.1 ")) {
    version_ = Version::http_1_1;
  } else if (cursor.take("HTTP/1.0 ")) {
    version_ = Version::http_1_0;
  } else if (cursor.take("HTTP/2 ")) {
    version_ = Version::h2;
  } else {
    return broken("the answer does not begin with an HTTP status line");
  }
  const std::string_view digits = cursor.take_while(ascii::is_digit);
  const bool reason_fits = cursor.at_end() || cursor.take(' ');
  if (digits.size() != 3 || digits[0] < '1' || digits[0] > '5' || !reason_fits ||
      !std::ranges::all_of(cursor.rest(), is_value_character)) {
    return broken("the status line is malformed");
  }
  pending_status_ = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
  if (pending_status_ == 101) {
    return broken("the server switches protocols, which nobody asked for");
  }
  if (pending_status_ < 200 && ++interim_answers_ > interim_limit) {
    return broken("too many interim answers");
  }
  if (pending_status_ >= 200) {
    status_ = pending_status_;
  }
  state_ = State::fields;
  return true;
}

bool HttpHead::parse_field(std::string_view line) {
  text::Cursor cursor(line);
  const std::string_view name = cursor.take_while(is_token_character);
  if (name.empty() || !cursor.take(':') || !std::ranges::all_of(cursor.rest(), is_value_character)) {
    return broken("a field of the head is malformed");
  }
  // Fields of interim answers and trailers say nothing about the policy (RFC 9110 section 6.5).
  if (state_ == State::trailer || pending_status_ < 200) {
    return true;
  }
  const std::string_view value = ascii::trim_blanks(cursor.rest());
  if (ascii::equals_ignoring_case(name, "content-type")) {
    content_types_.emplace_back(value);
  } else if (ascii::equals_ignoring_case(name, "content-length")) {
    content_lengths_.emplace_back(value);
  } else if (ascii::equals_ignoring_case(name, "transfer-encoding")) {
    transfer_encodings_.emplace_back(value);
  } else if (ascii::equals_ignoring_case(name, "content-encoding")) {
    has_content_coding_ = has_content_coding_ || !value.empty();
  } else if (ascii::equals_ignoring_case(name, "location")) {
    location_ = value;
  }
  return true;
}

bool HttpHead::end_head() {
  if (state_ == State::trailer) {
    return true;
  }
  state_ = pending_status_ < 200 ? State::status_line : State::trailer;
  return true;
}

std::string HttpHead::framing_fault() const {
  if (is_chunked()) {
    if (has_length()) {
      return "Content-Length and Transfer-Encoding stand side by side";
    }
    if (version_ != Version::http_1_1 || transfer_encodings_.size() != 1 ||
        !ascii::equals_ignoring_case(transfer_encodings_.front(), "chunked")) {
      return "the Transfer-Encoding is not plain chunked";
    }
  }
  for (const std::string& value : content_lengths_) {
    if (!is_length(value)) {
      return "a Content-Length is no number";
    }
    if (without_leading_zeros(value) != without_leading_zeros(content_lengths_.front())) {
      return "two Content-Length fields differ";
    }
  }
  return {};
}

std::size_t HttpHead::declared_length(std::size_t limit) const {
  std::size_t length = 0;
  for (const char digit : content_lengths_.front()) {
    length = length * 10 + static_cast<std::size_t>(digit - '0');
    if (length > limit) {
      return limit + 1;
    }
  }
  return length;
}

}  // namespace mta_sts::sender
