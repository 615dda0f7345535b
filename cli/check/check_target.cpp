#include "cli/check/check_target.hpp"

#include <utility>

#include "base/utf8.hpp"
#include "idna/idna.hpp"
#include "publish/mail_domain.hpp"

namespace mta_sts::cli {
namespace {

std::unexpected<Fault> refuse(std::string_view words, const std::string& why) {
  return std::unexpected(Fault{"bad-domain", "\"" + text::escape_for_display(words, 100) + "\" " + why});
}

// The host of a URL, for the sentence that asks for it.
std::string_view host_of_url(std::string_view words) {
  words.remove_prefix(words.find("://") + 3);
  words = words.substr(0, words.find_first_of("/?#"));
  return words.substr(words.rfind('@') == std::string_view::npos ? 0 : words.rfind('@') + 1)
      .substr(0, words.rfind(':'));
}

}  // namespace

std::expected<CheckTarget, Fault> parse_check_target(std::string_view words) {
  const std::string_view given = words;
  if (words.find("://") != std::string_view::npos) {
    return refuse(given, "is a URL; give the mail domain alone, for example " +
                             text::escape_for_display(host_of_url(words), 100));
  }
  std::string remark;
  if (const auto at = words.rfind('@'); at != std::string_view::npos) {
    words.remove_prefix(at + 1);
    remark = "taking the domain of the address " + text::escape_for_display(given, 200);
  }
  if (words.find(':') != std::string_view::npos || words.starts_with('[')) {
    return refuse(given, "is an address; give a mail domain");
  }
  auto name = publish::parse_mail_domain(words);
  if (!name) {
    return refuse(given, name.error());
  }
  CheckTarget target{.domain = *name, .shown = to_u_labels(*name), .remark = std::move(remark)};
  return target;
}

}  // namespace mta_sts::cli
