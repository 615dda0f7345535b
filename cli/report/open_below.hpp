#pragma once

#include <cstddef>
#include <string>

#include "base/descriptor.hpp"

namespace mta_sts::cli {

/// Opens a path whose first `folder_end` bytes are a folder that its user named (0: the current folder), and
/// follows no link behind it: who may write below the folder leads nobody out of it. Takes flags as open();
/// where it is not open, errno says why.
[[nodiscard]] Descriptor open_below(const std::string& path, std::size_t folder_end, int flags);

/// Opens a folder by a path without any link in it; where there is one now, errno is ELOOP.
[[nodiscard]] Descriptor open_resolved_folder(const std::string& path);

}  // namespace mta_sts::cli
