#include "probe/smtp_dialogue.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"

namespace mta_sts::probe {
namespace {

constexpr std::size_t line_limit_bytes = 2048;
constexpr std::size_t lines_limit = 200;
constexpr std::size_t reply_limit_bytes = 16384;
constexpr std::size_t injected_limit_bytes = 65536;
constexpr std::chrono::milliseconds farewell{1000};

}  // namespace

std::optional<SmtpReply> SmtpDialogue::read_reply() {
  SmtpReply reply;
  std::size_t size = 0;
  while (reply.lines.size() < lines_limit && size < reply_limit_bytes) {
    const auto line = read_line();
    if (!line) {
      return std::nullopt;
    }
    size += line->size();
    const bool has_code = line->size() >= 3 && std::ranges::all_of(line->substr(0, 3), ascii::is_digit);
    if (!has_code) {
      error_ = "the answer is not SMTP";
      return std::nullopt;
    }
    reply.code = (line->at(0) - '0') * 100 + (line->at(1) - '0') * 10 + (line->at(2) - '0');
    reply.lines.push_back(line->size() > 4 ? line->substr(4) : "");
    if (line->size() == 3 || line->at(3) != '-') {
      return reply;
    }
  }
  error_ = "the answer is too long";
  return std::nullopt;
}

std::optional<SmtpReply> SmtpDialogue::ask(const std::string& command) {
  const std::string line = command + "\r\n";
  const bool sent = tls_ != nullptr ? tls_->write_all(line, deadline_, error_)
                                    : connection_.write_all(line, deadline_, error_);
  return sent ? read_reply() : std::nullopt;
}

std::size_t SmtpDialogue::discard_rest() {
  const Deadline now = Deadline::in(std::chrono::milliseconds(0));
  std::string error;
  while (buffer_.size() < injected_limit_bytes && connection_.wait_readable(now) &&
         connection_.read_some(buffer_, injected_limit_bytes, now, error)) {
  }
  return std::exchange(buffer_, {}).size();
}

void SmtpDialogue::quit() {
  deadline_ = deadline_.earlier(Deadline::in(farewell));
  (void)ask("QUIT");
}

std::optional<std::string> SmtpDialogue::read_line() {
  for (;;) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      if (line.ends_with('\r')) {
        line.pop_back();
      }
      return line;
    }
    if (buffer_.size() > line_limit_bytes) {
      error_ = "the answer's line is too long";
      return std::nullopt;
    }
    const bool read = tls_ != nullptr ? tls_->read_some(buffer_, line_limit_bytes, deadline_, error_)
                                      : connection_.read_some(buffer_, line_limit_bytes, deadline_, error_);
    if (!read) {
      return std::nullopt;
    }
  }
}

}  // namespace mta_sts::probe
