#include "privileges.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/utf8.hpp"

namespace mta_sts::resolver {
namespace {

/// The packages make this user.
constexpr const char* default_user = "mta-sts";

/// What every host gives; for the case that it cannot be asked.
constexpr std::size_t least_descriptors = 256;

}  // namespace

std::expected<std::optional<Account>, Fault> choose_user(const std::string& user) {
  if (::geteuid() != 0) {
    return std::nullopt;
  }
  const bool is_given = !user.empty();
  const std::string name = is_given ? user : default_user;
  const passwd* entry = ::getpwnam(name.c_str());
  if (!is_given && entry == nullptr) {
    return std::nullopt;
  }
  if (entry == nullptr || entry->pw_uid == 0) {
    return std::unexpected(
        Fault{"user-unusable",
              "--user " + text::escape_for_display(name) +
                  (entry == nullptr ? ": there is no such user; make it with adduser --system --group"
                                    : ": this is root by another name; give another user")});
  }
  return Account{name, entry->pw_uid, entry->pw_gid};
}

std::expected<gid_t, Fault> find_group(const std::string& group) {
  const struct group* entry = ::getgrnam(group.c_str());
  if (entry == nullptr) {
    return std::unexpected(Fault{
        "group-unknown", "--socket-group " + text::escape_for_display(group) +
                             ": there is no such group; give another or make it with addgroup --system"});
  }
  return entry->gr_gid;
}

std::expected<void, Fault> become(const Account& user) {
  if (::initgroups(user.name.c_str(), user.gid) != 0 || ::setresgid(user.gid, user.gid, user.gid) != 0 ||
      ::setresuid(user.uid, user.uid, user.uid) != 0) {
    return std::unexpected(Fault{"user-unusable", "cannot become " + user.name + ": " + std::strerror(errno) +
                                                      "; start as root or as that user"});
  }
  if (::setuid(0) == 0) {
    return std::unexpected(Fault{"user-unusable", user.name + " could become root again; give another user"});
  }
  // Nothing that is run by this process gets more rights either.
  static_cast<void>(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  return {};
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return least_descriptors;
  }
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) {
      limit = raised;
    }
  }
  return limit.rlim_cur;
}

}  // namespace mta_sts::resolver
