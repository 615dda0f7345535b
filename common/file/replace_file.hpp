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
};

/// Writes a file beside its name and renames it: who reads meanwhile sees the old one or the new one, and a
/// full disk leaves the old one. A name that holds something else than a regular file (a device, a link, a
/// folder) is left alone. Error: output-unwritable.
[[nodiscard]] std::expected<void, Fault> replace_file(const std::string& path, std::string_view bytes,
                                                      FileRights rights = {});

/// Tells, before any work is done, whether replace_file would find something that it must leave alone, or
/// no folder. Error: as replace_file.
[[nodiscard]] std::expected<void, Fault> may_replace_file(const std::string& path);

}  // namespace mta_sts
