#include "tlsrpt/read/mbox.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/ascii.hpp"
#include "tlsrpt/read/declared_report.hpp"
#include "tlsrpt/read/mail.hpp"
#include "tlsrpt/read/mbox_separator.hpp"
#include "tlsrpt/read/swallowed_header.hpp"

namespace mta_sts::tlsrpt {
namespace {

std::string_view without_line_end(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

// What the first line of a message can be. Some programs put a separator of an mbox before that into it.
bool begins_message(std::string_view line) {
  return looks_like_mail(line) || line.starts_with(">From ");
}

// Finds whether the parts of a message have ended: a line inside of one is no separator without need.
class OpenMultipart {
 public:
  void line(std::string_view line) {
    if (is_header_) {
      is_header_ = !line.empty();
      find_boundary(line);
    } else if (line.starts_with("--") && !boundary_.empty() && line.substr(2).starts_with(boundary_)) {
      is_open_ = !line.substr(2 + boundary_.size()).starts_with("--");
    }
  }

  [[nodiscard]] bool is_open() const { return is_open_; }

 private:
  void find_boundary(std::string_view line) {
    constexpr std::string_view name = "boundary=";
    if (!boundary_.empty() || !line.contains('=')) {
      return;
    }
    const std::size_t at = ascii::to_lower(line).find(name);
    if (at != std::string_view::npos) {
      line.remove_prefix(at + name.size());
      boundary_ = line.starts_with('"') ? line.substr(1, line.substr(1).find('"'))
                                        : line.substr(0, line.find_first_of("; \t"));
    }
  }

  std::string boundary_;
  bool is_header_ = true;
  bool is_open_ = false;
};

class Splitter {
 public:
  Splitter(FirstMessage first, Findings& findings, const std::function<void(std::string_view)>& accept)
      : is_mbox_(first == FirstMessage::behind_separator),
        findings_(findings),
        accept_(accept),
        number_(is_mbox_ ? 0 : 1) {}

  // Takes a line with its end, or a piece of one.
  void take(std::string_view bytes) {
    const bool is_line = std::exchange(is_line_start_, bytes.ends_with('\n'));
    const std::string_view line = is_line ? without_mark(without_line_end(bytes)) : std::string_view();
    const SeparatorForm form = line.starts_with('F') ? separator_form(line) : SeparatorForm::none;
    if (!held_.empty()) {
      if (is_sure(form) && held_.size() < held_limit_bytes) {
        held_ += bytes;  // a program put its own separator before that of another
        return;
      }
      decide(line);
    }
    if (may_separate(form)) {
      held_ = bytes;  // the next line decides
      is_held_sure_ = is_sure(form);
      may_be_empty_ = is_mbox_ && is_after_blank_ && form == SeparatorForm::dated;
    } else {
      append(bytes);
      if (is_line) {
        look_at(line);
      }
    }
    is_after_blank_ = is_line && std::ranges::all_of(line, ascii::is_blank);
  }

  void finish() {
    if (!held_.empty()) {
      decide({});
    }
    end_message();
  }

 private:
  static constexpr std::size_t held_limit_bytes = 4096;

  static bool is_sure(SeparatorForm form) {
    return form == SeparatorForm::bare || form == SeparatorForm::dated;
  }

  // A file that begins as a mail is one mail as a rule, in which nobody quotes what looks like a separator.
  bool may_separate(SeparatorForm form) const {
    if (form == SeparatorForm::dated) {
      return is_mbox_ || !multipart_.is_open();
    }
    return is_mbox_ && is_after_blank_ &&
           (form == SeparatorForm::bare || (form == SeparatorForm::sentence && !multipart_.is_open()));
  }

  void decide(std::string_view next) {
    const std::string held = std::exchange(held_, {});
    if (begins_message(next) || (is_held_sure_ && begins_with_field(next)) ||
        (next.empty() && may_be_empty_)) {
      begin();
      return;
    }
    append(held);
    const std::string_view lines = without_line_end(held);
    look_at(without_mark(lines.substr(lines.rfind('\n') + 1)));
  }

  void look_at(std::string_view line) {
    header_.line(line);
    multipart_.line(line);
  }

  void begin() {
    end_message();
    ++number_;
    header_.begin_message();
    multipart_ = OpenMultipart();
  }

  void append(std::string_view bytes) {
    is_too_big_ = is_too_big_ || message_.size() + bytes.size() > mail_limit_bytes;
    if (!is_too_big_) {
      message_ += bytes;
    }
  }

  void end_message() {
    header_.finish();
    if (is_too_big_) {
      tell(ReadError::too_big, name() + " has over 32 MiB", declares_report(message_));
    } else if (message_.find_first_not_of("\r\n") != std::string::npos) {
      if (header_.is_found()) {
        tell(ReadError::mbox,
             name() +
                 " holds what looks like the header of another one: a separator line \"From \" may be "
                 "missing before it",
             header_.may_hide_report());
      }
      accept_(message_);
    }
    message_.clear();
    is_too_big_ = false;
  }

  void tell(ReadError error, std::string detail, bool is_of_report) {
    if (is_of_report) {
      findings_.fail(error, std::move(detail));
    } else {
      findings_.leave_out_other_mail(error, std::move(detail));
    }
  }

  [[nodiscard]] std::string name() const {
    return "message " + std::to_string(number_) + (is_mbox_ ? " of the mbox" : " of the mail's file");
  }

  const bool is_mbox_;
  Findings& findings_;
  const std::function<void(std::string_view)>& accept_;
  std::string message_;
  std::string held_;  // a line that is a separator if a header follows
  SwallowedHeader header_;
  OpenMultipart multipart_;
  std::size_t number_;
  bool is_too_big_ = false;
  bool is_line_start_ = true;
  bool is_after_blank_ = true;
  bool is_held_sure_ = false;
  bool may_be_empty_ = false;  // the line held is one even if no header follows
};

std::string_view take_line(std::string_view& bytes) {
  const std::size_t newline = bytes.find('\n');
  const std::string_view line = bytes.substr(0, newline);
  bytes.remove_prefix(newline == std::string_view::npos ? bytes.size() : newline + 1);
  return without_line_end(line);
}

}  // namespace

void split_mbox(BufferedSource& source, FirstMessage first, Findings& findings,
                const std::function<void(std::string_view)>& accept) {
  Splitter splitter(first, findings, accept);
  bool is_first = true;
  for (auto line = source.take_line(); !line.empty(); line = source.take_line()) {
    splitter.take(std::exchange(is_first, false) ? without_mark(line) : line);
  }
  splitter.finish();
}

bool may_hold_mails(std::string_view mail) {
  int count = 0;
  for (std::size_t at = 0; at != std::string_view::npos && count < 2; at = mail.find('\n', at)) {
    at += mail.substr(at).starts_with('\n') ? 1 : 0;
    count += ascii::starts_with_ignoring_case(mail.substr(at, 4), "from") ? 1 : 0;
  }
  return count == 2;
}

bool looks_like_mbox(std::string_view bytes) {
  bytes = mail_front(bytes);
  SeparatorForm form = separator_form(take_line(bytes));
  if (form == SeparatorForm::dated) {
    return true;
  }
  constexpr int separators_limit = 8;
  for (int i = 0; i < separators_limit && form != SeparatorForm::none; ++i) {
    const std::string_view next = take_line(bytes);
    if (begins_message(next)) {
      return true;
    }
    form = separator_form(next);
  }
  return false;
}

}  // namespace mta_sts::tlsrpt
