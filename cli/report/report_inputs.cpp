#include "cli/report/report_inputs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/descriptor.hpp"
#include "base/utf8.hpp"
#include "cli/progress.hpp"
#include "tlsrpt/read/unpack_archive.hpp"

namespace mta_sts::cli {
namespace {

namespace fs = std::filesystem;

constexpr int folder_depth_limit = 32;

Fault failure(const std::string& path, const std::string& why) {
  return {"input-unreadable", text::escape_for_display(path) + ": cannot be read: " + why};
}

/// Reads a descriptor, which stays its owner's.
class DescriptorSource final : public tlsrpt::ByteSource {
 public:
  explicit DescriptorSource(int number) : number_(number) {}

  [[nodiscard]] std::optional<std::size_t> read(std::span<char> out) override {
    while (true) {
      const ssize_t got = ::read(number_, out.data(), out.size());
      if (got >= 0) {
        return static_cast<std::size_t>(got);
      }
      if (errno == EAGAIN) {  // a pipe that was opened without waiting for its writer
        ::fcntl(number_, F_SETFL, 0);
      } else if (errno != EINTR) {
        error_ = errno;
        return std::nullopt;
      }
    }
  }

  [[nodiscard]] int error() const { return error_; }

 private:
  int number_;
  int error_ = 0;
};

/// The part of a Maildir file's name that it keeps: what is behind ":2," tells flags.
std::string_view kept_name(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.substr(0, name.find(":2,"));
}

/// Finds a mail again that its user's program has moved from new to cur, or given other flags, meanwhile.
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

/// Finds files below folders.
class Finder {
 public:
  explicit Finder(ReportFiles& found) : found_(found) {}

  void word(const std::string& path) {
    std::error_code error;
    if (path != "-" && fs::is_directory(path, error)) {
      folder(path, 0);
    } else {
      found_.files.push_back({.path = path, .name = path == "-" ? path : std::string()});
    }
  }

 private:
  static bool has_folder(const fs::path& path, const char* name) {
    std::error_code error;
    return fs::is_directory(fs::symlink_status(path / name, error));
  }

  void folder(const fs::path& path, int depth) {
    if (depth > folder_depth_limit) {
      found_.errors.push_back(failure(path.string(), "folders are nested too deep"));
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

  static bool is_maildir(const fs::path& path) {
    return has_folder(path, "new") && (has_folder(path, "cur") || has_folder(path, "tmp"));
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
      found_.errors.push_back(failure(path.string(), error.message()));
    }
    std::ranges::sort(files);
    std::ranges::sort(folders);
    for (std::string& file : files) {
      found_.files.push_back({.path = std::move(file), .name = {}, .is_from_folder = true});
    }
    for (const std::string& below : folders) {
      folder(below, depth + 1);
    }
  }

  ReportFiles& found_;
};

/// Gives what both paths begin with, up to and with a slash.
std::string shared_folder(std::string_view a, std::string_view b) {
  const std::size_t length =
      static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());  // of their common front
  const std::size_t slash = a.substr(0, length).rfind('/');
  return std::string(slash == std::string_view::npos ? "" : a.substr(0, slash + 1));
}

/// Cuts the folder that all names share off them.
void shorten_names(std::vector<ReportFile>& files) {
  std::optional<std::string> shared;
  for (const ReportFile& file : files) {
    if (file.path != "-") {
      const std::string folder = file.path.substr(0, file.path.rfind('/') + 1);
      shared = shared ? shared_folder(*shared, folder) : folder;
    }
  }
  for (ReportFile& file : files) {
    if (file.path != "-") {
      file.name = file.path.substr(shared->size());
    }
  }
}

/// Reads one file after the other.
class Reading {
 public:
  Reading(Output& output, const ReadingEvents& events) : output_(output), events_(events) {}

  void file(const ReportFile& file) {
    // Without O_NONBLOCK a pipe that nobody writes to would stop everything behind it.
    const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (file.is_from_folder ? O_NOFOLLOW : 0);
    Descriptor opened(file.path == "-" ? -1 : ::open(file.path.c_str(), flags));
    if (!opened.is_open() && errno == ENOENT && file.is_from_folder) {
      const auto moved = moved_mail(file.path);
      opened = Descriptor(moved ? ::open(moved->c_str(), flags) : -1);
      errno = opened.is_open() ? errno : ENOENT;
    }
    const int number = file.path == "-" ? STDIN_FILENO : opened.get();
    if (number < 0) {
      unreadable(file, errno);
      return;
    }
    DescriptorSource source(number);
    events_.begin(file);
    const tlsrpt::InputResult result = reader_.read(source, file.name, [&](tlsrpt::Report&& report) {
      ++result_.reports;
      events_.report(std::move(report));
    });
    if (result.is_unreadable) {
      unreadable(file, source.error());
    }
    result_.refused += result.findings.errors.empty() ? 0 : 1;
    result_.has_mail = result_.has_mail || result.has_mail;
    result_.quirks.add(result.findings.quirks);
    print_result(file, result);
    events_.end(file, result);
  }

  ReadingResult& result() { return result_; }

 private:
  void unreadable(const ReportFile& file, int error) {
    result_.has_unreadable = true;
    output_.error(failure(file.path, std::strerror(error)));
  }

  void print_result(const ReportFile& file, const tlsrpt::InputResult& result) {
    for (const tlsrpt::Problem& problem : result.findings.problems) {
      if (problem.is_of_other_mail && !events_.names_other_mail) {
        continue;
      }
      const std::string name = file.path == "-" ? "standard input" : text::escape_for_display(file.path);
      output_.warning(name + ": " + std::string(to_string(problem.error)) + ": " +
                      text::escape_for_display(problem.detail));
    }
  }

  Output& output_;
  const ReadingEvents& events_;
  tlsrpt::InputReader reader_{SystemClock().now(), events_.authserv_id};
  ReadingResult result_;
};

}  // namespace

ReportFiles find_report_files(const std::vector<std::string>& words) {
  ReportFiles found;
  Finder finder(found);
  for (const std::string& word : words) {
    finder.word(word);
  }
  shorten_names(found.files);
  return found;
}

ReadingResult read_report_files(Output& output, const std::vector<std::string>& words,
                                const ReadingEvents& events) {
  const ReportFiles found = find_report_files(words);
  Reading reading(output, events);
  for (const Fault& error : found.errors) {
    output.error(error);
    reading.result().has_unreadable = true;
  }
  Progress progress("files read", found.files.size());
  for (const ReportFile& file : found.files) {
    reading.file(file);
    progress.step();
  }
  return reading.result();
}

}  // namespace mta_sts::cli
