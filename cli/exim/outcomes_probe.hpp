#pragma once

#include <optional>
#include <string>

#include "os/subprocess.hpp"

namespace mta_sts::cli {

/// Connects to a socket that takes datagrams, in a child process with the rights of `as`, and sends nothing.
/// Gives 0, or the errno of what failed: ENOENT, EACCES, ECONNREFUSED where nobody listens, EPROTOTYPE where
/// it is a socket of another kind. Blocks for no longer than connect(2) of a local socket.
[[nodiscard]] int connect_error(const std::string& socket_path, std::optional<RunAs> as);

}  // namespace mta_sts::cli
