#pragma once

#include <sys/types.h>

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace mta_sts {

/// Why a file is not read. The caller refuses what named the file, and shows to_message().
enum class FileErrorCode {
  unreadable,   ///< cannot be opened or read: absent, no right, a device that fails
  not_regular,  ///< a folder, pipe, socket or device
  too_large,    ///< over the limit
  changing,     ///< somebody changed it meanwhile: what was read may be half of it
  exposed,      ///< a secret that others may read or change
};

[[nodiscard]] std::string_view to_string(FileErrorCode code);

struct FileError {
  FileErrorCode code = FileErrorCode::unreadable;
  std::string path;    ///< safe to show
  std::string detail;  ///< what is wrong and how to fix it
};

/// Gives one line for a log: the kebab-case word, the path in quotes, the detail.
[[nodiscard]] std::string to_message(const FileError& error);

/// Reads a regular file of at most `limit_bytes` whole. Never waits on a pipe or device, never reads more
/// than the limit, whatever happens to the file meanwhile. Throws nothing but bad_alloc.
[[nodiscard]] std::expected<std::string, FileError> read_file(const std::string& path,
                                                              std::size_t limit_bytes);

/// The same of a secret: a file of root or of this process' user, which its group may read at most, and
/// nobody else. The rights are those of the bytes that are read, not of the path.
[[nodiscard]] std::expected<std::string, FileError> read_secret_file(const std::string& path,
                                                                     std::size_t limit_bytes);

}  // namespace mta_sts
