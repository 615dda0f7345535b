#include "probe/smtp_dialogue.hpp"

namespace mta_sts::probe {
namespace {

constexpr std::size_t injected_limit_bytes = 65536;
constexpr std::chrono::milliseconds farewell{1000};

}  // namespace

std::optional<SmtpReply> SmtpDialogue::read_reply() {
  for (;;) {
    if (auto reply = reader_.next()) {
      return reply;
    }
    if (!reader_.error().empty()) {
      error_ = reader_.error();
      return std::nullopt;
    }
    std::string bytes;
    const bool read = tls_ != nullptr
                          ? tls_->read_some(bytes, SmtpReplyReader::chunk_bytes, deadline_, error_)
                          : connection_.read_some(bytes, SmtpReplyReader::chunk_bytes, deadline_, error_);
    if (!read) {
      return std::nullopt;
    }
    reader_.feed(bytes);
  }
}

std::optional<SmtpReply> SmtpDialogue::ask(const std::string& command) {
  const std::string line = command + "\r\n";
  const bool sent = tls_ != nullptr ? tls_->write_all(line, deadline_, error_)
                                    : connection_.write_all(line, deadline_, error_);
  return sent ? read_reply() : std::nullopt;
}

std::size_t SmtpDialogue::discard_rest() {
  const Deadline now = Deadline::in(std::chrono::milliseconds(0));
  std::string bytes;
  std::string error;
  const std::size_t held = reader_.discard();
  while (bytes.size() < injected_limit_bytes && connection_.wait_readable(now) &&
         connection_.read_some(bytes, injected_limit_bytes, now, error)) {
  }
  return held + bytes.size();
}

void SmtpDialogue::quit() {
  deadline_ = deadline_.earlier(Deadline::in(farewell));
  (void)ask("QUIT");
}

}  // namespace mta_sts::probe
