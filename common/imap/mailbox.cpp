#include "imap/mailbox.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace mta_sts::imap {
namespace {

constexpr std::size_t line_limit_bytes = std::size_t{512} << 10;
constexpr std::size_t response_limit_bytes = std::size_t{1} << 20;  // without what a literal holds
constexpr std::uint32_t mails_most = 10'000'000;
constexpr std::uint32_t searched_at_once = 20'000;  // numbers of 10 digits, which fit into a line

std::unexpected<Fault> garbled(std::string detail) {
  return std::unexpected(Fault{"mailbox-garbled", std::move(detail)});
}

std::string shown_line(std::string_view text) {
  return text::quote_for_display(text, 200);
}

/// Tells whether a list of words has one of them, whatever its case.
bool has_word(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (ascii::equals_ignoring_case(list.substr(0, end), wanted)) {
      return true;
    }
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

std::expected<void, Fault> pass_over(Response& /*response*/) {
  return {};
}

}  // namespace

Mailbox::Result<Mailbox> Mailbox::open(const Address& address, const Login& login, MailPatience patience,
                                       OnWait on_wait) {
  auto connection = Dialogue::open(address, login, patience, std::move(on_wait));
  if (!connection) {
    return std::unexpected(connection.error());
  }
  Mailbox mailbox(*std::move(connection));
  if (const auto learned = mailbox.learn_capabilities(); !learned) {
    return std::unexpected(learned.error());
  }
  if (const auto selected = mailbox.select(address.mailbox); !selected) {
    return std::unexpected(selected.error());
  }
  return mailbox;
}

Mailbox::Result<void> Mailbox::learn_capabilities() {
  const auto learn = [this](Response& response) -> Result<void> {
    constexpr std::string_view head = "* CAPABILITY ";
    if (ascii::starts_with_ignoring_case(response.text, head)) {
      const std::string_view words = std::string_view(response.text).substr(head.size());
      has_move_ = has_move_ || has_word(words, "MOVE");
      has_uid_expunge_ = has_uid_expunge_ || has_word(words, "UIDPLUS");
    }
    return {};
  };
  return command("CAPABILITY", learn, {});
}

Mailbox::Result<void> Mailbox::select(const std::string& mailbox) {
  if (auto selected = command("SELECT " + quote(mailbox), pass_over, {}); !selected) {
    return selected;
  }
  if (uid_validity_.empty()) {
    return garbled("the server numbers no mails (UIDVALIDITY)");
  }
  is_selected_ = true;
  return {};
}

// "\*" stands for any, as long as the server has room for more of them.
bool Mailbox::keeps_flag(std::string_view flag) const {
  return permanent_flags_ && (has_word(*permanent_flags_, "\\*") || has_word(*permanent_flags_, flag));
}

Mailbox::Result<Response> Mailbox::read_response(std::size_t literal_limit, Deadline whole) {
  Response response;
  while (true) {
    auto line = connection_.read_line(line_limit_bytes, whole);
    if (!line) {
      return std::unexpected(line.error());
    }
    response.text += *line;
    if (response.text.size() > response_limit_bytes) {
      return garbled("the server sent a response over 1 MiB");
    }
    const auto length = announced_literal(*line);
    if (!length) {
      return response;
    }
    if (*length > literal_limit || response.literals.size() >= 100) {
      return garbled("the server sends " + std::to_string(*length) + " bytes where " +
                     std::to_string(literal_limit) + " are the most");
    }
    auto bytes = connection_.read_bytes(static_cast<std::size_t>(*length), whole);
    if (!bytes) {
      return std::unexpected(bytes.error());
    }
    literal_limit -= static_cast<std::size_t>(*length);
    response.literals.push_back(*std::move(bytes));
    response.text += '\n';
  }
}

// What a server may say at any time.
Mailbox::Result<void> Mailbox::note_untagged(std::string_view text) {
  if (const auto exists = parse_numbered(text, "EXISTS")) {
    if (*exists > mails_most) {
      return garbled("the server says that the mailbox has " + std::to_string(*exists) + " mails");
    }
    mails_ = *exists;
    return {};
  }
  if (parse_numbered(text, "EXPUNGE")) {
    mails_ -= mails_ > 0 ? 1 : 0;
    return {};
  }
  const auto status = text.starts_with("* ") ? parse_status(text.substr(2)) : std::nullopt;
  if (!status) {
    return {};
  }
  if (status->kind == Status::Kind::bye) {
    return std::unexpected(
        Fault{"mailbox-unreachable", "the server ended the connection: " + shown_line(status->text)});
  }
  if (status->code == "uidvalidity") {
    if (is_selected_ && uid_validity_ != status->arguments) {
      return std::unexpected(Fault{"mailbox-unreachable", "the mailbox was made anew meanwhile"});
    }
    uid_validity_ = status->arguments;
  } else if (status->code == "permanentflags") {
    std::string_view flags = status->arguments;
    flags.remove_prefix(flags.starts_with('(') ? 1 : 0);
    flags.remove_suffix(flags.ends_with(')') ? 1 : 0);
    permanent_flags_ = flags;
  }
  return {};
}

Mailbox::Result<Status> Mailbox::ask(const std::string& command, const OnUntagged& on_untagged,
                                     Bounds bounds) {
  const Deadline whole = connection_.deadline();
  const std::string tag = "M" + std::to_string(++commands_);
  if (const auto sent = connection_.send(tag + " " + command + "\r\n", whole); !sent) {
    return std::unexpected(sent.error());
  }
  for (std::size_t responses = 0; responses <= bounds.responses; ++responses) {
    auto response = read_response(bounds.literal_bytes, whole);
    if (!response) {
      return std::unexpected(response.error());
    }
    if (response->text.starts_with(tag + " ")) {
      auto status = parse_status(std::string_view(response->text).substr(tag.size() + 1));
      if (!status || status->kind == Status::Kind::bye) {
        return garbled("the server answers with " + shown_line(response->text));
      }
      return *std::move(status);
    }
    if (!response->text.starts_with("* ")) {
      return garbled("the server sent " + shown_line(response->text));
    }
    if (const auto noted = note_untagged(response->text); !noted) {
      return std::unexpected(noted.error());
    }
    if (const auto taken = on_untagged(*response); !taken) {
      return std::unexpected(taken.error());
    }
  }
  return garbled("the server sent over " + std::to_string(bounds.responses) + " responses to one command");
}

Mailbox::Result<void> Mailbox::command(const std::string& command, const OnUntagged& on_untagged,
                                       Bounds bounds) {
  const auto status = ask(command, on_untagged, bounds);
  if (!status) {
    return std::unexpected(status.error());
  }
  if (status->kind != Status::Kind::ok) {
    return std::unexpected(Fault{"mailbox-refused", "the server says " + shown_line(status->text) + " to " +
                                                        shown_line(std::string_view(command).substr(0, 60))});
  }
  return {};
}

Mailbox::Result<std::vector<std::uint32_t>> Mailbox::find(std::string_view without_flag, std::uint32_t first,
                                                          std::size_t limit) {
  std::vector<std::uint32_t> found;
  // The lowest UIDs come first (RFC 3501 section 2.3.1.1). Others may remove mails meanwhile: the server,
  // which has told so, refuses a place behind the last.
  for (std::uint32_t begin = 1; begin <= mails_ && found.size() < limit; begin += searched_at_once) {
    const std::uint32_t end = std::min(mails_, begin + searched_at_once - 1);
    std::size_t told = 0;
    const auto take = [&](Response& response) -> Result<void> {
      if (!ascii::starts_with_ignoring_case(response.text, "* SEARCH")) {
        return {};
      }
      const auto numbers = parse_search(response.text);
      if (!numbers) {
        return garbled("the server answers a search with " + shown_line(response.text));
      }
      std::ranges::copy_if(*numbers, std::back_inserter(found),
                           [&](std::uint32_t uid) { return uid >= first; });
      told += numbers->size();
      return told > std::size_t{2} * (end - begin + 1) ? garbled("the server finds more mails than there are")
                                                       : Result<void>();
    };
    const std::string flags = without_flag.empty() ? "" : " UNKEYWORD " + std::string(without_flag);
    const std::string wanted =
        "UID SEARCH " + std::to_string(begin) + ":" + std::to_string(end) + " UNDELETED" + flags;
    if (const auto searched = command(wanted, take, {}); !searched) {
      return std::unexpected(searched.error());
    }
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  found.resize(std::min(found.size(), limit));
  return found;
}

Mailbox::Result<std::vector<MailSize>> Mailbox::sizes(const std::vector<std::uint32_t>& uids) {
  std::vector<MailSize> sizes;
  const auto take = [&](Response& response) -> Result<void> {
    if (!is_fetch(response.text)) {
      return {};
    }
    const auto fetched = take_fetched(response);
    if (!fetched) {
      return garbled("the server tells a size as " + shown_line(response.text));
    }
    if (fetched->size && std::ranges::binary_search(uids, fetched->uid)) {
      sizes.push_back({.uid = fetched->uid, .bytes = *fetched->size});
    }
    return {};
  };
  if (const auto asked = command("UID FETCH " + render_set(uids) + " (UID RFC822.SIZE)", take,
                                 {.responses = uids.size() + 1000});
      !asked) {
    return std::unexpected(asked.error());
  }
  std::ranges::sort(sizes, {}, &MailSize::uid);
  const auto again = std::ranges::unique(sizes, {}, &MailSize::uid);
  sizes.erase(again.begin(), again.end());
  return sizes;
}

Mailbox::Result<void> Mailbox::fetch(const std::vector<std::uint32_t>& uids, std::size_t limit_bytes,
                                     const OnMail& on_mail) {
  std::vector<std::uint32_t> left = uids;
  std::optional<std::uint32_t> without_bytes;
  const auto take = [&](Response& response) -> Result<void> {
    if (!is_fetch(response.text)) {
      return {};
    }
    auto fetched = take_fetched(response);
    if (!fetched) {
      return garbled("the server sends a mail as " + shown_line(response.text));
    }
    const auto place = std::ranges::lower_bound(left, fetched->uid);
    if (place == left.end() || *place != fetched->uid) {
      return {};
    }
    if (fetched->body) {
      left.erase(place);
      on_mail(fetched->uid, *std::move(fetched->body));
    } else if (fetched->is_without_body) {
      without_bytes = fetched->uid;
    }
    return {};
  };
  auto asked = command("UID FETCH " + render_set(uids) + " (UID BODY.PEEK[])", take,
                       {.responses = uids.size() + 1000, .literal_bytes = limit_bytes});
  if (asked && without_bytes) {
    return std::unexpected(Fault{
        "mailbox-refused", "the server has no bytes of the mail with UID " + std::to_string(*without_bytes)});
  }
  return asked;
}

Mailbox::Result<void> Mailbox::flag(const std::vector<std::uint32_t>& uids, std::string_view flag) {
  return command("UID STORE " + render_set(uids) + " +FLAGS.SILENT (" + std::string(flag) + ")", pass_over,
                 {.responses = uids.size() + 1000});
}

// RFC 3501 section 6.4.7: a server that would take the mails if the mailbox were there says TRYCREATE.
Mailbox::Result<void> Mailbox::into(const std::string& wanted, const std::string& mailbox) {
  const auto status = ask(wanted, pass_over, {.responses = 100'000});
  if (status && status->kind == Status::Kind::no && status->code == "trycreate") {
    if (auto made = command("CREATE " + quote(mailbox), pass_over, {}); !made) {
      return made;
    }
    return command(wanted, pass_over, {.responses = 100'000});
  }
  if (status && status->kind != Status::Kind::ok) {
    return std::unexpected(Fault{"mailbox-refused", "the server says " + shown_line(status->text) +
                                                        " to moving mails to " + shown_line(mailbox)});
  }
  return status ? Result<void>() : std::unexpected(status.error());
}

Mailbox::Result<void> Mailbox::copy_and_delete(const std::string& set, const std::string& mailbox) {
  if (permanent_flags_ && !has_word(*permanent_flags_, "\\Deleted")) {  // or each import would copy it again
    return std::unexpected(Fault{"mailbox-refused", "the server lets this user remove no mails"});
  }
  if (auto copied = into("UID COPY " + set + " " + quote(mailbox), mailbox); !copied) {
    return copied;
  }
  auto deleted =
      command("UID STORE " + set + " +FLAGS.SILENT (\\Deleted)", pass_over, {.responses = 100'000});
  // EXPUNGE alone would remove what others have marked too.
  return deleted && has_uid_expunge_ ? command("UID EXPUNGE " + set, pass_over, {.responses = 100'000})
                                     : deleted;
}

Mailbox::Result<void> Mailbox::move(const std::vector<std::uint32_t>& uids, const std::string& mailbox) {
  const std::string set = render_set(uids);
  return has_move_ ? into("UID MOVE " + set + " " + quote(mailbox), mailbox) : copy_and_delete(set, mailbox);
}

void Mailbox::end() {
  static_cast<void>(ask("LOGOUT", pass_over, {}));
}

}  // namespace mta_sts::imap
