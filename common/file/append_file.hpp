#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/fault.hpp"

namespace mta_sts {

/// Adds bytes at the end of a file, which is made (mode 0644, less the umask) where there is none: all of
/// them, or none where the disk is full. One process at a time may do so. Error:
/// output-unwritable.
[[nodiscard]] std::expected<void, Fault> append_file(const std::string& path, std::string_view bytes);

}  // namespace mta_sts
