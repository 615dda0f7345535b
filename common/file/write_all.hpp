#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/fault.hpp"

namespace mta_sts {

/// Writes all bytes, however often that takes; false where some could not be written, with errno set.
[[nodiscard]] bool write_all(int file, std::string_view bytes);

/// Gives the error of a file that cannot be written: `why` says it, or the system's text for `error`, which
/// makes it output-full where the disk or a quota is.
[[nodiscard]] std::unexpected<Fault> unwritable(const std::string& path, const std::string& why);
[[nodiscard]] std::unexpected<Fault> unwritable(const std::string& path, int error);

}  // namespace mta_sts
