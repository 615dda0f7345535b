#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/dialogue.hpp"
#include "imap/response.hpp"

namespace mta_sts::imap {

/// A mail by its number in the mailbox, which holds as long as the mailbox is selected, and its bytes as the
/// server counts them.
struct MailSize {
  std::uint32_t uid = 0;
  std::uint64_t bytes = 0;
};

/// A mailbox that is selected. RFC 3501, RFC 4315 (UIDPLUS), RFC 6851 (MOVE). Whatever call gives an error
/// other than mailbox-refused, no other is worth making: open another. Errors of all: mailbox-unreachable;
/// mailbox-garbled, where the server says what no server may, or over a limit; mailbox-refused, where it
/// cannot or may not do it.
class Mailbox {
 public:
  template <typename T>
  using Result = std::expected<T, Fault>;

  /// Takes one mail; its bytes are as many as the server says now.
  using OnMail = std::function<void(std::uint32_t uid, std::string&& bytes)>;

  /// Connects, logs in and selects the mailbox. Error besides: mailbox-untrusted.
  [[nodiscard]] static Result<Mailbox> open(const Address& address, const Login& login, MailPatience patience,
                                            OnWait on_wait);

  /// Tells whether the server keeps this flag of our own with each mail.
  [[nodiscard]] bool keeps_flag(std::string_view flag) const;

  /// Finds mails without this flag, and not deleted, numbered `first` or more: ascending, at most `limit`,
  /// the lowest of them.
  [[nodiscard]] Result<std::vector<std::uint32_t>> find(std::string_view without_flag, std::uint32_t first,
                                                        std::size_t limit);

  /// Gives the sizes of those mails that are still there.
  [[nodiscard]] Result<std::vector<MailSize>> sizes(const std::vector<std::uint32_t>& uids);

  /// Fetches the mails of these that are still there, without marking them as read. A mail over `limit_bytes`
  /// is an error: mailbox-garbled. Where the server does not give one it is mailbox-refused, and others may
  /// have come.
  [[nodiscard]] Result<void> fetch(const std::vector<std::uint32_t>& uids, std::size_t limit_bytes,
                                   const OnMail& on_mail);

  /// Gives mails a flag.
  [[nodiscard]] Result<void> flag(const std::vector<std::uint32_t>& uids, std::string_view flag);

  /// Moves mails to another mailbox, which is made where it is not there.
  [[nodiscard]] Result<void> move(const std::vector<std::uint32_t>& uids, const std::string& mailbox);

  /// Ends the session as the server expects it.
  void end();

 private:
  using OnUntagged = std::function<Result<void>(Response&)>;

  struct Bounds {
    std::size_t responses = 1000;       ///< that answer no command
    std::size_t literal_bytes = 65536;  ///< each
  };

  explicit Mailbox(Dialogue connection) : connection_(std::move(connection)) {}

  [[nodiscard]] Result<void> learn_capabilities();
  [[nodiscard]] Result<void> select(const std::string& mailbox);
  [[nodiscard]] Result<void> copy_and_delete(const std::string& set, const std::string& mailbox);
  [[nodiscard]] Result<Status> ask(const std::string& command, const OnUntagged& on_untagged, Bounds bounds);
  [[nodiscard]] Result<void> command(const std::string& command, const OnUntagged& on_untagged,
                                     Bounds bounds);
  [[nodiscard]] Result<void> into(const std::string& command, const std::string& mailbox);
  [[nodiscard]] Result<Response> read_response(std::size_t literal_limit, Deadline whole);
  [[nodiscard]] Result<void> note_untagged(std::string_view text);

  Dialogue connection_;
  unsigned long commands_ = 0;
  bool has_move_ = false;
  bool has_uid_expunge_ = false;
  std::optional<std::string> permanent_flags_;  ///< a list of words; none: the server did not tell
  bool is_selected_ = false;
  std::string uid_validity_;
  std::uint32_t mails_ = 0;
};

}  // namespace mta_sts::imap
