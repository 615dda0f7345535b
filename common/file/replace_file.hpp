#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <string_view>

#include "base/fault.hpp"

namespace mta_sts {

/// Who may read a file that is written.
struct FileRights {
  mode_t mode = 0644;
  gid_t group = static_cast<gid_t>(-1);  ///< as it comes
  uid_t owner = static_cast<uid_t>(-1);  ///< as it comes
};

/// Writes a file beside its name and renames it once it is on disk: who reads meanwhile sees the old one or
/// the new one, and a full disk leaves the old one. A name that holds something else than a regular file (a
/// device, a link, a folder) is left alone. Errors: output-unwritable, output-full.
[[nodiscard]] std::expected<void, Fault> replace_file(const std::string& path, std::string_view bytes,
                                                      FileRights rights = {});

/// Replaces the regular file at `path`, or the one that a link there leads to, as replace_file does, with the
/// old one's mode. Into a pipe, a device, or where a link leads to no file yet, it writes as it is. Error:
/// output-unwritable.
[[nodiscard]] std::expected<void, Fault> write_file(const std::string& path, std::string_view bytes);

/// Replaces the regular file at `path`, or the one that a link there leads to, as replace_file does, with the
/// old one's owner, group and mode; where they cannot be kept the old file stays. Error: output-unwritable.
[[nodiscard]] std::expected<void, Fault> rewrite_file(const std::string& path, std::string_view bytes);

/// Tells, before any work is done, whether replace_file would find something that it must leave alone, or
/// no folder. Error: as replace_file.
[[nodiscard]] std::expected<void, Fault> may_replace_file(const std::string& path);

}  // namespace mta_sts
