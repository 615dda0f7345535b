#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "probe/connection.hpp"
#include "probe/smtp_reply.hpp"
#include "probe/tls_client.hpp"

namespace mta_sts::probe {

/// An SMTP client's side of a session: commands and replies, bounded in bytes, lines and time. RFC 5321
/// section 4.2.
class SmtpDialogue {
 public:
  /// `connection` outlives it.
  SmtpDialogue(const ProbeConnection& connection, Deadline deadline)
      : connection_(connection), deadline_(deadline) {}

  /// Reads one reply of one or more lines; nothing where the peer's bytes are none, see error().
  [[nodiscard]] std::optional<SmtpReply> read_reply();

  /// Sends a command and reads its reply.
  std::optional<SmtpReply> ask(const std::string& command);

  /// Throws away what came behind the last reply, in clear, and what the network still holds of it, and gives
  /// its size: in TLS the client speaks first, so whatever is there was injected.
  std::size_t discard_rest();

  /// Goes on within TLS; `session` outlives it.
  void go_on_in(TlsSession& session) { tls_ = &session; }

  /// Sends QUIT; whether the peer answers does not matter.
  void quit();

  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  const ProbeConnection& connection_;
  TlsSession* tls_ = nullptr;
  Deadline deadline_;
  SmtpReplyReader reader_;
  std::string error_;
};

}  // namespace mta_sts::probe
