#include "cli/report/maildir.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <system_error>

namespace mta_sts::cli {

namespace fs = std::filesystem;

namespace {

bool has_files(const fs::path& path) {
  std::error_code error;
  fs::directory_iterator entry(path, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (entry->symlink_status(ignored).type() == fs::file_type::regular) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool has_folder(const fs::path& path, const char* name) {
  std::error_code error;
  return fs::is_directory(fs::symlink_status(path / name, error));
}

bool is_maildir(const fs::path& path) {
  return has_folder(path, "new") && (has_folder(path, "cur") || has_folder(path, "tmp"));
}

bool has_mails(const fs::path& path) {
  return std::ranges::any_of(std::array{"new", "cur"}, [&](const char* name) {
    return has_folder(path, name) && has_files(path / name);
  });
}

bool is_of_mail_program(std::string_view name) {
  constexpr std::array<std::string_view, 11> begins = {
      "courierimap",         "dovecot-acl",   "dovecot-keywords",   "dovecot-uidlist",
      "dovecot-uidvalidity", "dovecot.index", "dovecot.list.index", "dovecot.mailbox.log",
      "maildirfolder",       "maildirsize",   "shared-maildirs"};
  return name == "subscriptions" ||
         std::ranges::any_of(begins, [&](std::string_view begin) { return name.starts_with(begin); });
}

bool has_moved(const std::string& first, const std::string& second) {
  struct stat before{};
  struct stat after{};
  if (::lstat(first.c_str(), &before) != 0) {
    return true;
  }
  return ::lstat(second.c_str(), &after) == 0 && before.st_dev == after.st_dev &&
         before.st_ino == after.st_ino;
}

std::string_view kept_name(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.substr(0, name.find(":2,"));
}

std::optional<std::string> moved_mail(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  if (folder.filename() != "new" && folder.filename() != "cur") {
    return std::nullopt;
  }
  std::error_code error;
  fs::directory_iterator entry(folder.parent_path() / "cur", error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (kept_name(entry->path().native()) == kept_name(path)) {
      return entry->path().native();
    }
  }
  return std::nullopt;
}

}  // namespace mta_sts::cli
