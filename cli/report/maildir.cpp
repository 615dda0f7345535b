#include "cli/report/maildir.hpp"

#include <system_error>

namespace mta_sts::cli {

namespace fs = std::filesystem;

bool has_folder(const fs::path& path, const char* name) {
  std::error_code error;
  return fs::is_directory(fs::symlink_status(path / name, error));
}

bool is_maildir(const fs::path& path) {
  return has_folder(path, "new") && (has_folder(path, "cur") || has_folder(path, "tmp"));
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
