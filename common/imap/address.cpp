#include "imap/address.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <optional>

#include "base/handle.hpp"
#include "base/utf8.hpp"

namespace mta_sts::imap {
namespace {

using Url = Handle<CURLU, curl_url_cleanup>;
using Wrong = std::unexpected<std::string>;

constexpr std::size_t name_limit_bytes = 500;

std::optional<std::string> part_of(const Url& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) {
    return std::nullopt;
  }
  const Handle<char, curl_free> owned(text);
  return std::string(text);
}

bool is_printable(const std::string& name) {
  return std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

std::string Address::shown() const {
  return std::string(has_implicit_tls ? "imaps" : "imap") + "://" + text::escape_for_display(host) + ":" +
         port + "/" + text::escape_for_display(mailbox);
}

std::string fault_of_mailbox(const std::string& name) {
  if (name.empty() || name.size() > name_limit_bytes) {
    return "the name of a mailbox has 1 to 500 bytes";
  }
  return is_printable(name) ? ""
                            : "write the name of a mailbox in ASCII, other letters in modified UTF-7 as the "
                              "server lists them";
}

std::expected<Address, std::string> parse_address(const std::string& url) {
  const Url read(curl_url());
  if (!read || curl_url_set(read.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return Wrong("not a URL; write imaps://USER@HOST/MAILBOX, an @ within USER as %40");
  }
  if (part_of(read, CURLUPART_PASSWORD)) {
    return Wrong(
        "it has a password, which every user of this host can read in a list of processes; give "
        "--imap-password-file");
  }
  const auto scheme = part_of(read, CURLUPART_SCHEME);
  if (scheme != "imaps" && scheme != "imap") {
    return Wrong("write imaps:// before the host, or imap:// for STARTTLS");
  }
  if (part_of(read, CURLUPART_QUERY) || part_of(read, CURLUPART_FRAGMENT) ||
      part_of(read, CURLUPART_OPTIONS)) {
    return Wrong(
        "write imaps://USER@HOST/MAILBOX and nothing more; a ? # or ; within a name as %3F, %23 and %3B");
  }
  const auto user = part_of(read, CURLUPART_USER, CURLU_URLDECODE);
  if (!user || user->empty() || user->size() > name_limit_bytes || !is_printable(*user)) {
    return Wrong(
        "write the user before the host, in ASCII: imaps://USER@HOST/MAILBOX, an @ within USER as %40");
  }
  const auto path = part_of(read, CURLUPART_PATH, CURLU_URLDECODE);
  if (!path) {  // with a control character
    return Wrong(fault_of_mailbox("\n"));
  }
  std::string mailbox = path->size() > 1 ? path->substr(1) : "INBOX";
  if (std::string fault = fault_of_mailbox(mailbox); !fault.empty()) {
    return Wrong(std::move(fault));
  }
  return Address{.has_implicit_tls = scheme == "imaps",
                 .host = part_of(read, CURLUPART_HOST).value_or(""),
                 .port = part_of(read, CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or(""),
                 .user = *user,
                 .mailbox = std::move(mailbox)};
}

}  // namespace mta_sts::imap
