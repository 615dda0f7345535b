#include "spool/spool.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "base/enum_names.hpp"
#include "base/handle.hpp"
#include "base/utf8.hpp"
#include "digest/digest.hpp"
#include "file/write_all.hpp"

namespace mta_sts::spool {
namespace {

using Folder = Handle<DIR, closedir>;

// Between two looks at the folder this process counts only what it stores itself, while others fill it too. So
// it looks again after a part of the room that was left, too, in the end before each report.
constexpr std::chrono::seconds count_after{10};
constexpr std::uint64_t count_after_part = 32;

template <typename Size>
Size next_count_at(Size used, Size limit) {
  const Size room = limit > used ? limit - used : 0;
  return used + std::max<Size>(room / count_after_part, 1);
}
// A process that was killed leaves what it had not finished: what is so much older than the last change of its
// folder.
constexpr time_t leftover_seconds = 3600;
constexpr std::size_t name_digits = 32;
constexpr mode_t folder_mode = 0770;
constexpr mode_t file_mode = 0640;

// The end of a report's name by its first bytes, as RFC 8460 section 5.1 has it; nothing for other bytes.
std::optional<std::string_view> ending_of(std::string_view report) {
  constexpr std::string_view gzip_magic = "\x1F\x8B";
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (report.starts_with(gzip_magic)) {
    return ".json.gz";
  }
  if (report.starts_with(byte_order_mark)) {
    report.remove_prefix(byte_order_mark.size());
  }
  const std::size_t first = report.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && report[first] == '{' ? std::optional<std::string_view>(".json")
                                                                 : std::nullopt;
}

Descriptor open_folder(int parent, const char* name) {
  return Descriptor(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// Opens a folder in another, which is made where it is missing.
Descriptor make_folder(const Descriptor& parent, const char* name) {
  if (::mkdirat(parent.get(), name, folder_mode) != 0 && errno != EEXIST) {
    return {};
  }
  return open_folder(parent.get(), name);
}

// Calls `visit` with the name and state of each regular file of a folder; false where it cannot be read.
template <typename Visit>
bool for_each_file(const Descriptor& folder, Visit visit) {
  const int copy = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  Folder opened(copy >= 0 ? ::fdopendir(copy) : nullptr);
  if (!opened) {
    if (copy >= 0) {
      ::close(copy);
    }
    return false;
  }
  while (const dirent* const entry = ::readdir(opened.get())) {
    struct stat status {};
    if (::fstatat(folder.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode)) {
      visit(entry->d_name, status);
    }
  }
  return true;
}

}  // namespace

std::string_view to_string(SpoolErrorCode code) {
  using enum SpoolErrorCode;
  static constexpr auto words = enum_names<SpoolErrorCode>({
      {empty, "report-empty"},
      {too_large, "report-too-large"},
      {no_report, "report-unknown-format"},
      {full, "spool-full"},
      {unwritable, "spool-unwritable"},
  });
  return words[code];
}

SpoolError Spool::error(SpoolErrorCode code, std::string_view what) const {
  return {code, text::escape_for_display(folder_) + ": " + std::string(what)};
}

SpoolError Spool::error_of_system(std::string_view action, int number) const {
  const bool is_full = number == ENOSPC || number == EDQUOT;
  return error(is_full ? SpoolErrorCode::full : SpoolErrorCode::unwritable,
               std::string(action) + ": " + std::strerror(number) +
                   (is_full ? "; make room on its disk"
                            : "; the folder must be there, be no link, and belong to the web server's user"));
}

std::expected<Spool::Folders, SpoolError> Spool::open_folders() const {
  const Descriptor root = open_folder(AT_FDCWD, folder_.c_str());
  if (!root.is_open()) {
    return std::unexpected(error_of_system("it cannot be opened", errno));
  }
  Folders folders{.fresh = make_folder(root, "new"), .temporary = {}};
  if (folders.fresh.is_open()) {
    folders.temporary = make_folder(root, "tmp");
  }
  if (!folders.temporary.is_open()) {
    return std::unexpected(error_of_system("its folders new and tmp cannot be used", errno));
  }
  return folders;
}

std::expected<void, SpoolError> Spool::count(const Folders& folders) {
  files_ = 0;
  bytes_ = 0;
  bool is_read = for_each_file(folders.fresh, [&](const char*, const struct stat& status) {
    ++files_;
    bytes_ += static_cast<std::uint64_t>(status.st_size);
  });
  struct stat temporary{};
  is_read = is_read && ::fstat(folders.temporary.get(), &temporary) == 0;
  is_read = is_read && for_each_file(folders.temporary, [&](const char* name, const struct stat& status) {
              if (status.st_mtime < temporary.st_mtime - leftover_seconds) {
                ::unlinkat(folders.temporary.get(), name, 0);
              }
            });
  next_count_files_ = next_count_at(files_, limits_.files);
  next_count_bytes_ = next_count_at(bytes_, limits_.bytes);
  return is_read ? std::expected<void, SpoolError>{}
                 : std::unexpected(error_of_system("its reports cannot be counted", errno));
}

bool Spool::is_count_due(Time now) const {
  return now >= next_count_ || files_ >= next_count_files_ || bytes_ >= next_count_bytes_;
}

std::expected<void, SpoolError> Spool::take_room(const Folders& folders, std::size_t bytes, Time now) {
  const std::scoped_lock lock(mutex_);
  if (is_count_due(now)) {
    if (auto counted = count(folders); !counted) {
      return counted;
    }
    next_count_ = now + count_after;
  }
  if (files_ >= limits_.files || bytes_ + bytes > limits_.bytes) {
    return std::unexpected(
        error(SpoolErrorCode::full,
              "it has as many reports as it takes; import them with 'mta-sts tlsrpt import' and "
              "remove them"));
  }
  ++files_;
  bytes_ += bytes;
  return {};
}

std::expected<void, SpoolError> Spool::write(const Folders& folders, const std::string& name,
                                             std::string_view report) {
  std::uint64_t number = 0;
  {
    const std::scoped_lock lock(mutex_);
    number = ++written_;
  }
  const std::string temporary = name + "." + std::to_string(::getpid()) + "." + std::to_string(number);
  Descriptor file(::openat(folders.temporary.get(), temporary.c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file_mode));
  if (!file.is_open()) {
    return std::unexpected(error_of_system("a report cannot be written", errno));
  }
  const bool is_written = write_all(file.get(), report);
  const int write_error = errno;
  const bool is_closed = ::close(file.release()) == 0;
  if (is_written && is_closed &&
      ::renameat(folders.temporary.get(), temporary.c_str(), folders.fresh.get(), name.c_str()) == 0) {
    return {};
  }
  const int number_of_error = is_written ? errno : write_error;
  ::unlinkat(folders.temporary.get(), temporary.c_str(), 0);
  return std::unexpected(error_of_system("a report cannot be written", number_of_error));
}

std::expected<Spooled, SpoolError> Spool::put(std::string_view report, Time now) {
  if (report.empty()) {
    return std::unexpected(error(SpoolErrorCode::empty, "the request has no body"));
  }
  if (report.size() > limits_.report_bytes) {
    return std::unexpected(error(SpoolErrorCode::too_large, "the body is larger than max_size"));
  }
  const auto ending = ending_of(report);
  if (!ending) {
    return std::unexpected(error(SpoolErrorCode::no_report, "the body is neither gzip nor JSON"));
  }
  auto folders = open_folders();
  if (!folders) {
    return std::unexpected(folders.error());
  }
  const std::string name = sha256_hex(report).substr(0, name_digits) + std::string(*ending);
  struct stat known {};
  if (::fstatat(folders->fresh.get(), name.c_str(), &known, AT_SYMLINK_NOFOLLOW) == 0) {
    return Spooled::already_there;
  }
  if (auto room = take_room(*folders, report.size(), now); !room) {
    return std::unexpected(room.error());
  }
  if (auto written = write(*folders, name, report); !written) {
    return std::unexpected(written.error());
  }
  return Spooled::stored;
}

}  // namespace mta_sts::spool
