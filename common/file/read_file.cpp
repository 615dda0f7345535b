#include "file/read_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/descriptor.hpp"
#include "base/enum_names.hpp"
#include "base/utf8.hpp"
#include "file/has_changed.hpp"

namespace mta_sts {
namespace {

constexpr off_t least_room_bytes = 4096;
constexpr std::size_t shown_path_limit_bytes = 400;

std::unexpected<FileError> fault(FileErrorCode code, std::string_view path, std::string detail) {
  return std::unexpected(FileError{.code = code,
                                   .path = text::escape_for_display(path, shown_path_limit_bytes),
                                   .detail = std::move(detail)});
}

std::unexpected<FileError> system_fault(std::string_view path) {
  return fault(FileErrorCode::unreadable, path,
               std::generic_category().message(errno) + "; name a file that can be read");
}

std::unexpected<FileError> size_fault(std::string_view path, std::size_t limit_bytes) {
  return fault(FileErrorCode::too_large, path,
               "the file is over the limit of " + std::to_string(limit_bytes) + " bytes");
}

bool is_for_few(const struct stat& facts) {
  constexpr mode_t but_for_reading_by_the_group = S_IWGRP | S_IRWXO;
  return (facts.st_uid == 0 || facts.st_uid == ::geteuid()) &&
         (facts.st_mode & but_for_reading_by_the_group) == 0;
}

std::expected<std::string, FileError> read_regular(const std::string& path, std::size_t limit_bytes,
                                                   bool is_secret) {
  if (path.find('\0') != std::string::npos) {
    return fault(FileErrorCode::unreadable, path, "a path has no NUL in it");
  }
  // Not blocking: the open of a pipe would wait for its writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat facts = {};
  if (!file.is_open() || ::fstat(file.get(), &facts) != 0) {
    return system_fault(path);
  }
  if (!S_ISREG(facts.st_mode)) {
    return fault(FileErrorCode::not_regular, path, "this is no regular file; name one");
  }
  if (is_secret && !is_for_few(facts)) {
    return fault(
        FileErrorCode::exposed, path,
        "others may read or change this secret; let it be root's, with mode 0640 and the group of the user "
        "who needs it, and make a new one");
  }
  // One byte more than there should be tells the end; a file that grows, or whose size the system does not
  // say, gets more room.
  const auto expected = static_cast<std::size_t>(std::max<off_t>(facts.st_size, least_room_bytes));
  std::string bytes(std::min(expected, limit_bytes) + 1, '\0');
  std::size_t size = 0;
  while (size <= limit_bytes) {
    if (size == bytes.size()) {
      bytes.resize(std::min(2 * size, limit_bytes + 1));
    }
    const ssize_t count = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return system_fault(path);
    }
    if (count == 0) {
      break;
    }
    size += static_cast<std::size_t>(count);
  }
  if (size > limit_bytes) {
    return size_fault(path, limit_bytes);
  }
  if (has_changed_since(facts, file.get())) {
    return fault(FileErrorCode::changing, path, std::string(changing_sentence));
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace

std::string_view to_string(FileErrorCode code) {
  using enum FileErrorCode;
  static constexpr auto words = enum_names<FileErrorCode>({
      {unreadable, "file-unreadable"},
      {not_regular, "file-not-regular"},
      {too_large, "file-too-large"},
      {changing, "file-changing"},
      {exposed, "file-exposed"},
  });
  return words[code];
}

std::string to_message(const FileError& error) {
  return std::string(to_string(error.code)) + " \"" + error.path + "\": " + error.detail;
}

std::expected<std::string, FileError> read_file(const std::string& path, std::size_t limit_bytes) {
  return read_regular(path, limit_bytes, false);
}

std::expected<std::string, FileError> read_secret_file(const std::string& path, std::size_t limit_bytes) {
  return read_regular(path, limit_bytes, true);
}

}  // namespace mta_sts
