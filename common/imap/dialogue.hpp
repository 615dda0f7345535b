#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/deadline.hpp"
#include "base/fault.hpp"
#include "imap/address.hpp"

namespace mta_sts::imap {

/// How a user is let in, and whom the server's certificate must come from.
struct Login {
  std::string password;
  std::string ca_file;  ///< PEM
};

/// How long the server may be silent.
struct MailPatience {
  std::chrono::seconds connect{30};  ///< until it has let us in
  std::chrono::seconds silence{30};  ///< from one byte of an answer to the next
  std::chrono::seconds whole{240};   ///< for a command, whatever comes meanwhile
};

/// Is called at least once a second while the server is waited for; false ends that.
using OnWait = std::function<bool()>;

/// The bytes of a session with an IMAP server that has let us in, always over TLS with a certificate that was
/// checked. libcurl connects and logs in. The dialogue after that is not left to it: it takes each line for
/// one of the server's, those of a mail too, and marks mails as read. After an error no other call is worth
/// making.
class Dialogue {
 public:
  template <typename T>
  using Result = std::expected<T, Fault>;

  /// Connects and logs in. Errors: mailbox-unreachable; mailbox-untrusted, where the certificate is wrong or
  /// there is no STARTTLS; mailbox-refused, where user or password is.
  [[nodiscard]] static Result<Dialogue> open(const Address& address, const Login& login,
                                             MailPatience patience, OnWait on_wait);

  /// Sends bytes. Error: mailbox-unreachable.
  [[nodiscard]] Result<void> send(std::string_view bytes, Deadline whole);

  /// Reads a line of at most `limit` bytes and gives it without its end. Errors: mailbox-unreachable,
  /// mailbox-garbled.
  [[nodiscard]] Result<std::string> read_line(std::size_t limit, Deadline whole);

  /// Reads that many bytes. Error: mailbox-unreachable.
  [[nodiscard]] Result<std::string> read_bytes(std::size_t count, Deadline whole);

  [[nodiscard]] Deadline deadline() const { return Deadline::in(patience_.whole); }

 private:
  struct Held;
  Dialogue(std::shared_ptr<Held> held, MailPatience patience) : held_(std::move(held)), patience_(patience) {}

  [[nodiscard]] Result<void> fill(Deadline whole);
  [[nodiscard]] Result<void> wait(short events, Deadline until) const;

  std::shared_ptr<Held> held_;
  MailPatience patience_;
};

}  // namespace mta_sts::imap
