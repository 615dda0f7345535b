#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>

namespace mta_sts::resolver {

/// Reads ADDRESS:PORT ([ADDRESS]:PORT for IPv6), the port not left out; nothing for anything else.
[[nodiscard]] std::optional<sockaddr_storage> parse_tcp_address(const std::string& text);

/// Tells whether only processes of this host reach the address.
[[nodiscard]] bool is_loopback(const sockaddr_storage& address);

}  // namespace mta_sts::resolver
