#include "tlsrpt/read/mbox.hpp"

#include <array>
#include <string>
#include <utility>

#include "base/ascii.hpp"
#include "tlsrpt/read/mail.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::array<std::string_view, 7> weekdays = {" Mon ", " Tue ", " Wed ", " Thu ",
                                                      " Fri ", " Sat ", " Sun "};

std::string_view without_line_end(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

// "From SENDER Tue Mar  3 04:12:09 2026": weekday and time of day tell it from a sentence, so that no blank
// line need stand before it.
bool is_dated_separator(std::string_view line) {
  if (!line.starts_with("From ")) {
    return false;
  }
  for (const std::string_view weekday : weekdays) {
    const std::size_t day = line.find(weekday, 5);
    const std::size_t colon = day == std::string_view::npos ? day : line.find(':', day);
    if (colon != std::string_view::npos && colon + 1 < line.size()) {
      return ascii::is_digit(line[colon - 1]) && ascii::is_digit(line[colon + 1]);
    }
  }
  return false;
}

// What the first line of a message can be. Some programs put a separator of an mbox before that into it.
bool begins_message(std::string_view line) {
  return looks_like_mail(line) || line.starts_with(">From ");
}

// Tells whether `head` with `tail` behind it stands in the line, the case of `head` ignored.
bool has_word(std::string_view line, std::string_view head, std::string_view tail) {
  for (std::size_t at = line.find(tail); at != std::string_view::npos; at = line.find(tail, at + 1)) {
    if (at >= head.size() && ascii::equals_ignoring_case(line.substr(at - head.size(), head.size()), head)) {
      return true;
    }
  }
  return false;
}

bool names_message(std::string_view line) {
  return has_word(line, "message", "/") || has_word(line, "rfc", "822");
}

constexpr std::array<std::string_view, 4> transport_fields = {
    "Received:", "Return-Path:", "Message-ID:", "MIME-Version:"};

// Looks through the lines of a message for the header of another: a block behind a blank line with From and a
// field that only transport writes. That of a message/rfc822 or text/rfc822-headers part is no such thing.
class SwallowedHeader {
 public:
  void line(std::string_view line) {
    if (line.empty()) {
      is_found_ = is_found_ || (has_from_ && has_transport_ && !is_of_a_part_);
      is_of_a_part_ = is_block_ && says_message_;
      is_block_ = true;
      has_from_ = has_transport_ = says_message_ = false;
      return;
    }
    const bool goes_on = ascii::is_blank(line.front());
    if (!is_block_ || (!goes_on && !looks_like_mail(line))) {
      is_block_ = line.starts_with("--");  // a part's boundary begins its header
      has_from_ = has_transport_ = says_message_ = false;
      return;
    }
    says_message_ = says_message_ || names_message(line);
    if (is_of_a_part_) {
      return;  // whatever it has, it is no other message's
    }
    has_from_ = has_from_ || ascii::starts_with_ignoring_case(line, "From:");
    for (const std::string_view field : transport_fields) {
      has_transport_ = has_transport_ || ascii::starts_with_ignoring_case(line, field);
    }
  }

  // The message's own header, which comes first, is none.
  void begin_message() {
    *this = SwallowedHeader();
    is_of_a_part_ = true;
    is_block_ = true;
  }

  [[nodiscard]] bool is_found() const { return is_found_; }

 private:
  bool is_block_ = false;      // all lines since the blank one are of a header
  bool is_of_a_part_ = false;  // the block before named it as a message
  bool says_message_ = false;
  bool has_from_ = false;
  bool has_transport_ = false;
  bool is_found_ = false;
};

class Splitter {
 public:
  Splitter(Findings& findings, const std::function<void(std::string_view)>& accept)
      : findings_(findings), accept_(accept) {
    header_.begin_message();
  }

  // Takes a line with its end, or a piece of one.
  void take(std::string_view bytes) {
    const bool is_line = std::exchange(is_line_start_, bytes.ends_with('\n'));
    const std::string_view line = without_line_end(bytes);
    if (!held_.empty()) {
      const std::string held = std::exchange(held_, {});
      if (is_line && begins_message(line)) {
        begin();
      } else {
        append(held);
      }
    }
    if (is_line && is_dated_separator(line)) {
      begin();
    } else if (is_line && is_after_blank_ && line.starts_with("From ")) {
      held_ = bytes;  // the next line decides
    } else {
      append(bytes);
      header_.line(line);
    }
    is_after_blank_ = is_line && line.empty();
  }

  void finish() {
    append(held_);
    end_message();
  }

 private:
  void begin() {
    end_message();
    ++number_;
    header_.begin_message();
  }

  void append(std::string_view bytes) {
    is_too_big_ = is_too_big_ || message_.size() + bytes.size() > mail_limit_bytes;
    if (!is_too_big_) {
      message_ += bytes;
    }
  }

  void end_message() {
    header_.line({});
    if (is_too_big_) {
      findings_.fail(ReadError::too_big, name() + " has over 32 MiB");
    } else if (message_.find_first_not_of("\r\n") != std::string::npos) {
      if (header_.is_found()) {
        findings_.fail(ReadError::mbox, name() +
                                            " holds what looks like the header of another one: a "
                                            "separator line \"From \" may be missing before it");
      }
      accept_(message_);
    }
    message_.clear();
    is_too_big_ = false;
  }

  [[nodiscard]] std::string name() const { return "message " + std::to_string(number_) + " of the mbox"; }

  Findings& findings_;
  const std::function<void(std::string_view)>& accept_;
  std::string message_;
  std::string held_;  // a line that is a separator if a header follows
  SwallowedHeader header_;
  std::size_t number_ = 0;
  bool is_too_big_ = false;
  bool is_line_start_ = true;
  bool is_after_blank_ = true;
};

std::string_view take_line(std::string_view& bytes) {
  const std::size_t newline = bytes.find('\n');
  const std::string_view line = bytes.substr(0, newline);
  bytes.remove_prefix(newline == std::string_view::npos ? bytes.size() : newline + 1);
  return without_line_end(line);
}

}  // namespace

void split_mbox(BufferedSource& source, Findings& findings,
                const std::function<void(std::string_view)>& accept) {
  Splitter splitter(findings, accept);
  bool is_first = true;
  for (auto line = source.take_line(); !line.empty(); line = source.take_line()) {
    splitter.take(std::exchange(is_first, false) ? without_mark(line) : line);
  }
  splitter.finish();
}

bool looks_like_mbox(std::string_view bytes) {
  bytes = mail_front(bytes);
  const std::string_view first = take_line(bytes);
  return is_dated_separator(first) || (first.starts_with("From ") && begins_message(take_line(bytes)));
}

}  // namespace mta_sts::tlsrpt
