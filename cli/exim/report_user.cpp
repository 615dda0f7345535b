#include "cli/exim/report_user.hpp"

#include <pwd.h>

#include "base/utf8.hpp"

namespace mta_sts::cli {

std::expected<unsigned, Fault> find_report_uid(const std::string& name, const EximProgram& exim) {
  const auto refuse = [&](const std::string& why) {
    return std::unexpected(
        Fault{"report-user-unusable", "--report-user " + text::escape_for_display(name, 60) + ": " + why});
  };
  const passwd* account = ::getpwnam(name.c_str());
  if (account == nullptr) {
    return refuse("there is no such user; name the one that runs \"mta-sts tlsrpt send\"");
  }
  const uid_t uid = account->pw_uid;
  const passwd* own = ::getpwnam(exim.main_option("exim_user").c_str());
  if (uid == 0 || (own != nullptr && own->pw_uid == uid)) {
    return refuse(
        "root and Exim's own user submit other mail too; name the one that runs \"mta-sts tlsrpt send\"");
  }
  return uid;
}

}  // namespace mta_sts::cli
