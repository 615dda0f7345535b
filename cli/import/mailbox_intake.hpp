#pragma once

#include <cstdint>
#include <expected>
#include <set>
#include <string>
#include <vector>

#include "cli/import/import_pass.hpp"
#include "imap/mailbox.hpp"

namespace mta_sts::cli {

/// Reports in a mailbox of an IMAP server. A mail that was read is moved, or gets a flag, once its reports
/// are in the history; the next pass reads mails without it.
class MailboxIntake {
 public:
  /// Understands the options and reads the password. Error: exit with wrong_use.
  [[nodiscard]] static std::expected<MailboxIntake, Fault> open(const ImportSurroundings& surroundings);

  /// Connects, and reads what is new. Ends early where it is to stop.
  [[nodiscard]] PassResult import(tlsrpt::History& history);

 private:
  using Uids = std::vector<std::uint32_t>;

  MailboxIntake(const ImportSurroundings& surroundings, imap::Address address, imap::Login login)
      : surroundings_(&surroundings), address_(std::move(address)), login_(std::move(login)) {}

  /// What became of a group of mails.
  struct Sorted {
    Uids imported;
    Uids others;
  };

  [[nodiscard]] std::expected<imap::Mailbox, Fault> connect() const;
  [[nodiscard]] std::expected<void, Fault> read_all(imap::Mailbox& mailbox, GroupImport& group);
  [[nodiscard]] std::expected<void, Fault> read_group(imap::Mailbox& mailbox, GroupImport& group,
                                                      const Uids& uids, Progress& progress);
  [[nodiscard]] std::expected<void, Fault> fetch(imap::Mailbox& mailbox, GroupImport& group, const Uids& uids,
                                                 const imap::Mailbox::OnMail& on_mail);
  [[nodiscard]] bool is_new_to_tell(std::uint32_t uid);
  [[nodiscard]] std::expected<void, Fault> put_away(imap::Mailbox& mailbox, GroupImport& group,
                                                    const Uids& uids, const std::string& place);

  const ImportSurroundings* surroundings_;
  imap::Address address_;
  imap::Login login_;
  bool has_warned_ = false;
  std::set<std::uint32_t> told_;  ///< mails that the server does not give
  bool is_moving_ = false;        ///< what was read is put away before this program ends
};

/// Gives the exit code of an error with the mailbox.
[[nodiscard]] ExitCode exit_code_of(const Fault& fault);

}  // namespace mta_sts::cli
