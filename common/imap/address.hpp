#pragma once

#include <expected>
#include <string>

namespace mta_sts::imap {

/// Where a mailbox is, and whose.
struct Address {
  bool has_implicit_tls = true;  ///< imaps; else imap, where STARTTLS is required
  std::string host;              ///< an IPv6 address in brackets
  std::string port;
  std::string user;
  std::string mailbox;  ///< as the server names it, printable ASCII

  /// Gives "imaps://host:port/mailbox", for messages.
  [[nodiscard]] std::string shown() const;
};

/// Reads "imaps://USER@HOST[:PORT][/MAILBOX]", or imap:// for STARTTLS; without a mailbox it is INBOX. The
/// error says what is wrong and repeats nothing of a URL that has a password. RFC 5092 section 3.
[[nodiscard]] std::expected<Address, std::string> parse_address(const std::string& url);

/// Tells what is wrong with the name of a mailbox; empty where nothing is. Names beyond ASCII are in modified
/// UTF-7, as servers list them. RFC 3501 section 5.1.3.
[[nodiscard]] std::string fault_of_mailbox(const std::string& name);

}  // namespace mta_sts::imap
