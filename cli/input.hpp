#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include "base/fault.hpp"

namespace mta_sts::cli {

/// Reads a file, or standard input for "-", up to `limit_bytes` bytes and one more, so that the reader of
/// the bytes sees that they are too many. Errors: input-unreadable, and file-changing where a file was
/// changed meanwhile; exit with wrong_use.
[[nodiscard]] std::expected<std::string, Fault> read_input(const std::string& path, std::size_t limit_bytes);

}  // namespace mta_sts::cli
