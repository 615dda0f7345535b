#include "cli/report/file_mover.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/utf8.hpp"
#include "cli/report/maildir.hpp"

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

/// Gives the number of an error; EEXIST where there is a file of the new name.
int rename_to_free_name(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return errno;
  }
  // A file system that cannot tell, such as NFS.
  if (::link(from.c_str(), to.c_str()) != 0) {
    return errno;
  }
  return ::unlink(from.c_str()) == 0 ? 0 : errno;
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

std::expected<void, Fault> FileMover::move(const std::string& path) const {
  const fs::path file(path);
  const std::string part = file.parent_path().filename() == "cur" ? "/cur" : "/new";
  const std::string folder = folder_ + (is_maildir_ ? part : "") + "/";
  for (int number = 0; number < names_most; ++number) {
    const int error = rename_to_free_name(path, folder + with_number(file.filename().native(), number));
    if (error == 0 || (error == ENOENT && ::access(folder.c_str(), X_OK) == 0)) {
      return {};
    }
    if (error != EEXIST) {
      return move_failed(path, error);
    }
  }
  return move_failed(path, EEXIST);
}

}  // namespace mta_sts::cli
