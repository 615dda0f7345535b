#include "cli/import/file_mover.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/utf8.hpp"
#include "cli/report/maildir.hpp"
#include "cli/report/open_below.hpp"

namespace mta_sts::cli {
namespace {

namespace fs = std::filesystem;

constexpr int names_most = 1000;

std::unexpected<Fault> move_failed(const std::string& path, int error) {
  return std::unexpected(Fault{"move-failed", text::escape_for_display(path) + ": " + std::strerror(error)});
}

/// Gives another name for a file: the number stands before a Maildir's flags.
std::string with_number(std::string_view name, int number) {
  const std::string_view kept = kept_name(name);
  return std::string(kept) + (number == 0 ? "" : "." + std::to_string(number)) +
         std::string(name.substr(kept.size()));
}

// A file that cannot be seen is gone.
std::optional<InputIdentity> identity_in(int folder, const std::string& name) {
  struct stat facts{};
  return ::fstatat(folder, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 ? identity_from(facts)
                                                                           : std::nullopt;
}

/// Gives the number of an error; EEXIST where there is a file of the new name.
int rename_to_free_name(int from, const std::string& name, int to, const std::string& new_name) {
  if (::renameat2(from, name.c_str(), to, new_name.c_str(), RENAME_NOREPLACE) == 0) {
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return errno;
  }
  // A file system that cannot tell, such as NFS.
  if (::linkat(from, name.c_str(), to, new_name.c_str(), 0) != 0) {
    return errno;
  }
  return ::unlinkat(from, name.c_str(), 0) == 0 ? 0 : errno;
}

}  // namespace

std::expected<FileMover, Fault> FileMover::open(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return move_failed(folder, errno);
  }
  std::error_code error;
  FileMover mover;
  mover.folder_ = fs::canonical(folder, error).native();
  if (error) {
    return move_failed(folder, error.value());
  }
  if (!fs::is_directory(mover.folder_, error)) {
    return move_failed(folder, ENOTDIR);
  }
  if (::access(mover.folder_.c_str(), W_OK | X_OK) != 0) {
    return move_failed(folder, errno);
  }
  mover.is_maildir_ = is_maildir(mover.folder_);
  return mover;
}

bool FileMover::can_move_from(const std::string& folder) const {
  struct stat here{};
  struct stat there{};
  return ::stat(folder.c_str(), &here) != 0 ||
         (::stat(folder_.c_str(), &there) == 0 && here.st_dev == there.st_dev);
}

bool FileMover::holds(const std::string& path) const {
  std::error_code error;
  const std::string found = fs::weakly_canonical(path, error).native();
  return !error && (found + "/").starts_with(folder_ + "/");
}

std::expected<void, Fault> FileMover::move(const std::string& path, std::size_t folder_end,
                                           const InputIdentity& read) const {
  const std::size_t name_at = path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1;
  const std::string name = path.substr(name_at);
  const Descriptor from =
      open_below(path.substr(0, name_at), std::min(folder_end, name_at), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (!from.is_open() || identity_in(from.get(), name) != read) {
    return {};
  }
  const bool is_of_cur = fs::path(path).parent_path().filename() == "cur";
  const Descriptor to = open_resolved_folder(folder_ + (!is_maildir_ ? "" : is_of_cur ? "/cur" : "/new"));
  if (!to.is_open()) {
    return move_failed(folder_, errno);
  }
  for (int number = 0; number < names_most; ++number) {
    const int error = rename_to_free_name(from.get(), name, to.get(), with_number(name, number));
    if (error == 0 || (error == ENOENT && identity_in(from.get(), name) != read)) {
      return {};
    }
    if (error != EEXIST) {
      return move_failed(path, error);
    }
  }
  return move_failed(path, EEXIST);
}

}  // namespace mta_sts::cli
