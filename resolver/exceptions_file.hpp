#pragma once

#include <expected>
#include <string>

#include "base/fault.hpp"
#include "sender/decide/exceptions.hpp"

namespace mta_sts::resolver {

/// Reads the file of `--exceptions` and the policies that it names; none where `path` is empty. Error:
/// exceptions-wrong, with the line where one is wrong.
[[nodiscard]] std::expected<sender::Exceptions, Fault> read_exceptions(const std::string& path);

}  // namespace mta_sts::resolver
