#pragma once

#include <expected>
#include <string>

#include "sender/decide/exceptions.hpp"

namespace mta_sts::resolver {

/// Reads the file of `--exceptions` and the policies that it names; none where `path` is empty. Error: one
/// sentence with the mend, and the line where one is wrong.
[[nodiscard]] std::expected<Exceptions, std::string> read_exceptions(const std::string& path);

}  // namespace mta_sts::resolver
