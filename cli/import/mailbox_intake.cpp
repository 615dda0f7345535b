#include "cli/import/mailbox_intake.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/number.hpp"
#include "base/utf8.hpp"
#include "file/read_file.hpp"
#include "tlsrpt/read/mail.hpp"

namespace mta_sts::cli {
namespace {

// A keyword of the mail, which mail programs leave alone.
constexpr std::string_view read_flag = "$MtaStsRead";
constexpr std::size_t password_limit_bytes = 4096;
constexpr std::size_t found_most = 100'000;  // mails of one search; the next search finds the others
constexpr std::size_t told_most = 10'000;    // mails
constexpr std::size_t group_mails = 200;     // moved after one transaction, or a few
constexpr std::size_t fetched_bytes = std::size_t{8} << 20;  // asked for at once

Fault wrong_option(std::string detail) {
  return {"bad-option", std::move(detail)};
}

bool is_refusal(const Fault& fault) {
  return fault.word.text() == "mailbox-refused";
}

// RFC 3501 section 5.1: INBOX in whatever case is one mailbox.
bool is_same_mailbox(std::string_view one, std::string_view other) {
  return one == other ||
         (ascii::equals_ignoring_case(one, "INBOX") && ascii::equals_ignoring_case(other, "INBOX"));
}

/// Gives the next mails whose bytes are asked for together.
std::vector<std::uint32_t> next_fetch(std::vector<imap::MailSize>& sizes) {
  std::vector<std::uint32_t> uids;
  std::uint64_t bytes = 0;
  std::size_t taken = 0;
  while (taken < sizes.size() && (uids.empty() || bytes + sizes[taken].bytes <= fetched_bytes)) {
    bytes += sizes[taken].bytes;
    uids.push_back(sizes[taken++].uid);
  }
  sizes.erase(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(taken));
  return uids;
}

}  // namespace

ExitCode exit_code_of(const Fault& fault) {
  return fault.word.text() == "mailbox-unreachable" ? ExitCode::temporary : ExitCode::wrong_use;
}

std::expected<MailboxIntake, Fault> MailboxIntake::open(const ImportSurroundings& surroundings) {
  const ImportOptions& options = surroundings.options;
  auto address = imap::parse_address(options.imap);
  if (!address) {
    return std::unexpected(wrong_option("--imap: " + address.error()));
  }
  for (const auto& [option, name] :
       {std::pair("--move-to", &options.move_to), std::pair("--others-to", &options.others_to)}) {
    const std::string fault = name->empty()                              ? ""
                              : is_same_mailbox(*name, address->mailbox) ? "it is the mailbox that is read"
                                                                         : imap::fault_of_mailbox(*name);
    if (!fault.empty()) {
      return std::unexpected(
          wrong_option(std::string(option) + " \"" + text::escape_for_display(*name) + "\": " + fault));
    }
  }
  if (options.imap_password_file.empty()) {
    return std::unexpected(
        wrong_option("--imap needs --imap-password-file, whose first line is the password"));
  }
  const auto secret = read_secret_file(options.imap_password_file, password_limit_bytes);
  if (!secret) {
    return std::unexpected(wrong_option("--imap-password-file: " + to_message(secret.error())));
  }
  std::string password = secret->substr(0, secret->find_first_of("\r\n"));
  if (password.empty() || password.find('\0') != std::string::npos) {
    return std::unexpected(wrong_option("--imap-password-file: its first line is no password"));
  }
  return MailboxIntake(surroundings, *std::move(address),
                       {.password = std::move(password), .ca_file = options.imap_ca});
}

std::expected<imap::Mailbox, Fault> MailboxIntake::connect() const {
  const std::chrono::seconds silence(surroundings_->options.imap_timeout_seconds);
  const imap::MailPatience patience{.connect = silence, .silence = silence, .whole = 8 * silence};
  return imap::Mailbox::open(address_, login_, patience, [this] {
    surroundings_->alive();
    return is_moving_ || !surroundings_->stop.has_come();
  });
}

std::expected<void, Fault> MailboxIntake::put_away(imap::Mailbox& mailbox, GroupImport& group,
                                                   const Uids& uids, const std::string& place) {
  if (uids.empty()) {
    return {};
  }
  if (place.empty() && !mailbox.keeps_flag(read_flag)) {
    return {};
  }
  auto done = place.empty() ? mailbox.flag(uids, read_flag) : mailbox.move(uids, place);
  if (!done && is_refusal(done.error())) {  // the next mails may be taken
    group.note_unmoved(uids.size(), {"move-failed", done.error().detail});
    return {};
  }
  return done;
}

// Servers refuse a whole command for one mail that they cannot give: it is to hold no other up.
std::expected<void, Fault> MailboxIntake::fetch(imap::Mailbox& mailbox, GroupImport& group, const Uids& uids,
                                                const imap::Mailbox::OnMail& on_mail) {
  std::set<std::uint32_t> left(uids.begin(), uids.end());
  const auto take = [&](std::uint32_t uid, std::string&& bytes) {
    left.erase(uid);
    on_mail(uid, std::move(bytes));
  };
  auto fetched = mailbox.fetch(uids, tlsrpt::mail_limit_bytes, take);
  if (fetched || !is_refusal(fetched.error())) {
    return fetched;
  }
  for (const std::uint32_t uid : Uids(left.begin(), left.end())) {
    fetched = mailbox.fetch({uid}, tlsrpt::mail_limit_bytes, take);
    if (!fetched && !is_refusal(fetched.error())) {
      return fetched;
    }
    if (!fetched && is_new_to_tell(uid)) {
      group.reading().unreadable(
          {"input-unreadable", "mail with UID " + std::to_string(uid) + ": " + fetched.error().detail});
    }
  }
  return {};
}

// It is asked for again by each pass, and told once.
bool MailboxIntake::is_new_to_tell(std::uint32_t uid) {
  if (told_.size() >= told_most) {
    told_.clear();
  }
  return told_.insert(uid).second;
}

std::expected<void, Fault> MailboxIntake::read_group(imap::Mailbox& mailbox, GroupImport& group,
                                                     const Uids& uids, Progress& progress) {
  auto sizes = mailbox.sizes(uids);
  if (!sizes) {
    return std::unexpected(sizes.error());
  }
  Sorted sorted;
  std::erase_if(*sizes, [&](const imap::MailSize& mail) {
    if (mail.bytes <= tlsrpt::mail_limit_bytes) {
      return false;
    }
    surroundings_->output.warning("mail with UID " + std::to_string(mail.uid) + ": E_TOO_BIG: " +
                                  text::render_grouped(mail.bytes) + " bytes; it was not fetched");
    group.note_refused();
    sorted.others.push_back(mail.uid);
    return true;
  });
  while (!sizes->empty() && !surroundings_->stop.has_come()) {
    const auto fetched =
        fetch(mailbox, group, next_fetch(*sizes), [&](std::uint32_t uid, std::string&& bytes) {
          tlsrpt::MemorySource source(bytes);
          const auto result = group.reading().input(source, "mail with UID " + std::to_string(uid), "");
          (result.reports > 0 ? sorted.imported : sorted.others).push_back(uid);
          group.note_read();
          progress.step();
        });
    if (!fetched) {
      static_cast<void>(group.commit());  // what came whole counts; it is read again, and counts once
      return fetched;
    }
  }
  if (!group.commit()) {
    return {};
  }
  std::ranges::sort(sorted.imported);
  std::ranges::sort(sorted.others);
  is_moving_ = true;
  auto done = put_away(mailbox, group, sorted.imported, surroundings_->options.move_to);
  done = done ? put_away(mailbox, group, sorted.others, surroundings_->options.others_to) : done;
  is_moving_ = false;
  return done;
}

std::expected<void, Fault> MailboxIntake::read_all(imap::Mailbox& mailbox, GroupImport& group) {
  const std::string_view flag = mailbox.keeps_flag(read_flag) ? read_flag : "";
  const auto& options = surroundings_->options;
  if (flag.empty() && (options.move_to.empty() || options.others_to.empty()) &&
      !std::exchange(has_warned_, true)) {
    surroundings_->output.warning(
        "The mailbox keeps no flags of ours, so mails that stay in it are read again each time; give "
        "--move-to and --others-to");
  }
  std::uint32_t first = 1;
  while (true) {
    const auto found = mailbox.find(flag, first, found_most);
    if (!found) {
      return std::unexpected(found.error());
    }
    Progress progress("mails read", found->size(), progress_of(options));
    for (std::size_t begin = 0; begin < found->size(); begin += group_mails) {
      if (group.result().failure || surroundings_->stop.has_come()) {
        return {};
      }
      const auto end =
          found->begin() + static_cast<std::ptrdiff_t>(std::min(found->size(), begin + group_mails));
      const Uids uids(found->begin() + static_cast<std::ptrdiff_t>(begin), end);
      if (auto read = read_group(mailbox, group, uids, progress); !read) {
        return read;
      }
    }
    if (found->size() < found_most || found->back() == UINT32_MAX) {
      return {};
    }
    first = found->back() + 1;
  }
}

PassResult MailboxIntake::import(tlsrpt::History& history) {
  GroupImport group(*surroundings_, history);
  is_moving_ = false;
  auto mailbox = connect();
  const auto done =
      mailbox ? read_all(*mailbox, group) : std::expected<void, Fault>(std::unexpected(mailbox.error()));
  if (!done) {
    if (!surroundings_->stop.has_come()) {
      group.fail({done.error().word, address_.shown() + ": " + done.error().detail},
                 exit_code_of(done.error()));
    }
  } else {
    mailbox->end();
  }
  return group.result();
}

}  // namespace mta_sts::cli
