#pragma once

#include <string_view>

namespace mta_sts::tlsrpt {

/// Tells whether a path is of a file that macOS, Windows, Office or a storage box puts beside a user's files
/// or into its archives, or has a folder of theirs in it. Both kinds of slashes part names.
[[nodiscard]] bool is_system_file(std::string_view path);

}  // namespace mta_sts::tlsrpt
