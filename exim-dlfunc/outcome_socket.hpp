#pragma once

#include <string>
#include <string_view>

namespace mta_sts::exim {

/// Sends one datagram to a Unix socket without ever waiting; where nobody reads or the queue is full, it is
/// lost. Gives 0, or the number of the error (errno).
[[nodiscard]] int send_datagram(const std::string& socket_path, std::string_view datagram);

/// Counts a lost datagram in the file beside the socket (outcome::lost_count_suffix), up to 16 MiB.
/// False where there is no such file.
[[nodiscard]] bool count_lost(const std::string& socket_path);

}  // namespace mta_sts::exim
