#include "cli/report/report_files.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/utf8.hpp"
#include "cli/report/maildir.hpp"
#include "tlsrpt/read/unpack_archive.hpp"

namespace mta_sts::cli {
namespace {

namespace fs = std::filesystem;

constexpr int folder_depth_limit = 32;

/// Finds files below folders.
class Finder {
 public:
  explicit Finder(ReportFiles& found) : found_(found) {}

  void word(const std::string& path) {
    std::error_code error;
    if (path != "-" && fs::is_directory(path, error)) {
      folder(path, 0);
    } else {
      found_.files.push_back({.path = path});
    }
  }

 private:
  void folder(const fs::path& path, int depth) {
    if (depth > folder_depth_limit) {
      found_.errors.push_back(input_unreadable(path.string(), "folders are nested too deep"));
      return;
    }
    if (is_maildir(path)) {
      const std::size_t begin = found_.files.size();
      entries(path / "new", depth);
      const std::size_t end = found_.files.size();
      if (has_folder(path, "cur")) {
        entries(path / "cur", depth);
      }
      leave_out_moved(begin, end);
      folders_of_maildir(path, depth);
    } else {
      entries(path, depth);
    }
  }

  /// A mail that moved from new to cur while both were listed was found twice: it is read by its first name,
  /// behind which it is found again.
  void leave_out_moved(std::size_t begin, std::size_t end) {
    std::set<std::string, std::less<>> in_new;
    for (std::size_t i = begin; i < end; ++i) {
      in_new.emplace(kept_name(found_.files[i].path));
    }
    const auto cur = found_.files.begin() + static_cast<std::ptrdiff_t>(end);
    found_.files.erase(
        std::remove_if(cur, found_.files.end(),
                       [&](const ReportFile& file) { return in_new.contains(kept_name(file.path)); }),
        found_.files.end());
  }

  /// Maildir++: the folders of a mailbox are Maildirs with names that begin with a dot, beside its own.
  void folders_of_maildir(const fs::path& path, int depth) {
    std::error_code error;
    std::vector<std::string> boxes;
    fs::directory_iterator entry(path, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
      if (entry->path().filename().native().starts_with('.') && is_maildir(entry->path())) {
        boxes.push_back(entry->path().native());
      }
    }
    std::ranges::sort(boxes);
    for (const std::string& box : boxes) {
      folder(box, depth + 1);
    }
  }

  void entries(const fs::path& path, int depth) {
    std::error_code error;
    fs::directory_iterator entry(path, error);
    std::vector<std::string> files;
    std::vector<std::string> folders;
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
      const std::string& below = entry->path().native();
      const std::string_view name = std::string_view(below).substr(below.rfind('/') + 1);
      if (name.starts_with('.') || name == "__MACOSX" || tlsrpt::is_system_file(name)) {
        continue;
      }
      std::error_code ignored;
      if (entry->is_symlink(ignored)) {
        continue;
      }
      if (entry->is_regular_file(ignored)) {
        files.push_back(below);
      } else if (entry->is_directory(ignored)) {
        folders.push_back(below);
      }
    }
    if (error) {
      found_.errors.push_back(input_unreadable(path.string(), error.message()));
    }
    std::ranges::sort(files);
    std::ranges::sort(folders);
    for (std::string& file : files) {
      found_.files.push_back({.path = std::move(file), .is_from_folder = true});
    }
    for (const std::string& below : folders) {
      folder(below, depth + 1);
    }
  }

  ReportFiles& found_;
};

/// Gives what both paths begin with, up to and with a slash.
std::string_view shared_folder(std::string_view a, std::string_view b) {
  const auto length = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  return a.substr(0, a.substr(0, length).rfind('/') + 1);
}

/// Cuts the folder that all names share off them.
void shorten_names(std::vector<ReportFile>& files) {
  std::optional<std::string_view> shared;
  for (const ReportFile& file : files) {
    if (file.path != "-") {
      const std::string_view folder = std::string_view(file.path).substr(0, file.path.rfind('/') + 1);
      shared = shared ? shared_folder(*shared, folder) : folder;
    }
  }
  for (ReportFile& file : files) {
    file.name_begin = file.path == "-" ? 0 : shared->size();
  }
}

}  // namespace

Fault input_unreadable(const std::string& path, const std::string& why) {
  return {"input-unreadable", text::escape_for_display(path) + ": cannot be read: " + why};
}

ReportFiles find_report_files(const std::vector<std::string>& words) {
  ReportFiles found;
  Finder finder(found);
  for (const std::string& word : words) {
    finder.word(word);
  }
  shorten_names(found.files);
  return found;
}

}  // namespace mta_sts::cli
