#include "cli/report/report_files.hpp"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/handle.hpp"
#include "base/utf8.hpp"
#include "cli/report/maildir.hpp"
#include "tlsrpt/read/system_files.hpp"

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
      folder_end_ = path.size();
      folder(path, 0);
    } else {
      const std::size_t slash = path.rfind('/');
      found_.files.push_back({.path = path, .folder_end = slash == std::string::npos ? 0 : slash + 1});
    }
  }

 private:
  void folder(const fs::path& path, int depth) {
    if (depth > folder_depth_limit) {
      found_.errors.push_back(input_unreadable(path.string(), "folders are nested too deep"));
      return;
    }
    const bool is_whole = is_maildir(path);
    if (is_whole || has_mails(path)) {
      mails(path, depth);
      beside_mails(path, depth, is_whole);
    } else {
      entries(path, depth);
    }
  }

  void mails(const fs::path& path, int depth) {
    const std::size_t begin = found_.files.size();
    if (has_folder(path, "new")) {
      entries(path / "new", depth);
    }
    const std::size_t end = found_.files.size();
    if (has_folder(path, "cur")) {
      entries(path / "cur", depth);
    }
    leave_out_moved(begin, end);
  }

  /// A mail that moved from new to cur while both were listed was found twice: it is read by its first name,
  /// behind which it is found again.
  void leave_out_moved(std::size_t begin, std::size_t end) {
    std::map<std::string, std::string, std::less<>> in_new;  // by the name that is kept
    for (std::size_t i = begin; i < end; ++i) {
      in_new.emplace(kept_name(found_.files[i].path), found_.files[i].path);
    }
    const auto is_known = [&](const ReportFile& file) {
      const auto first = in_new.find(kept_name(file.path));
      return first != in_new.end() && has_moved(first->second, file.path);
    };
    const auto cur = found_.files.begin() + static_cast<std::ptrdiff_t>(end);
    found_.files.erase(std::remove_if(cur, found_.files.end(), is_known), found_.files.end());
  }

  /// The folders of a mailbox are Maildirs beside its own new and cur. A copy without new or cur may be
  /// another folder of that name: what else is in it is read.
  void beside_mails(const fs::path& path, int depth, bool is_whole) {
    Listing listing = list(path);
    if (is_whole) {
      listing.files.clear();
    }
    std::erase_if(listing.folders, [](const std::string& below) {
      const std::string_view name = name_of(below);
      return name == "new" || name == "cur" || name == "tmp";
    });
    take(std::move(listing), depth);
  }

  void entries(const fs::path& path, int depth) { take(list(path), depth); }

  struct Listing {
    std::vector<std::string> files;
    std::vector<std::string> folders;
  };

  static std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

  /// Hidden folders are those of a Maildir++ (".Sub") and of KMail (".Box.directory", Maildirs in it).
  static bool is_left_out(const std::string& path, bool is_folder) {
    const std::string_view name = name_of(path);
    if (tlsrpt::is_system_file(name) || is_of_mail_program(name)) {
      return true;
    }
    const bool is_hidden = name.starts_with('.');
    return is_hidden && !(is_folder && (name.ends_with(".directory") || is_maildir(path) || has_mails(path)));
  }

  // readdir tells the kind of each entry. A directory_iterator would take a path apart for each: a tenth of
  // the time of reading 100,000 reports.
  Listing list(const fs::path& path) {
    Listing listing;
    const std::string front = path.native().ends_with('/') ? path.native() : path.native() + "/";
    const Handle<DIR, ::closedir> folder(::opendir(path.c_str()));
    errno = folder ? 0 : errno;
    while (const dirent* const entry = folder ? ::readdir(folder.get()) : nullptr) {
      const std::string_view name = static_cast<const char*>(entry->d_name);
      const std::string below = front + std::string(name);
      const fs::file_type type = type_of(*entry, below);
      const bool is_folder = type == fs::file_type::directory && name != "." && name != "..";
      if ((is_folder || type == fs::file_type::regular) && !is_left_out(below, is_folder)) {
        (is_folder ? listing.folders : listing.files).push_back(below);
      }
      errno = 0;
    }
    if (errno != 0) {
      found_.errors.push_back(input_unreadable(path.string(), std::strerror(errno)));
    }
    std::ranges::sort(listing.files);
    std::ranges::sort(listing.folders);
    return listing;
  }

  // Some file systems do not tell it with the name.
  static fs::file_type type_of(const dirent& entry, const std::string& path) {
    switch (entry.d_type) {
      case DT_REG:
        return fs::file_type::regular;
      case DT_DIR:
        return fs::file_type::directory;
      case DT_UNKNOWN: {
        std::error_code ignored;
        return fs::symlink_status(path, ignored).type();
      }
      default:
        return fs::file_type::unknown;
    }
  }

  void take(Listing listing, int depth) {
    for (std::string& file : listing.files) {
      found_.files.push_back({.path = std::move(file), .is_from_folder = true, .folder_end = folder_end_});
    }
    for (const std::string& below : listing.folders) {
      folder(below, depth + 1);
    }
  }

  ReportFiles& found_;
  std::size_t folder_end_ = 0;
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
