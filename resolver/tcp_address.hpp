#pragma once

#include <optional>
#include <string>

#include "os/socket_address.hpp"

namespace mta_sts::resolver {

/// Reads ADDRESS:PORT ([ADDRESS]:PORT for IPv6), the port not left out; nothing for anything else.
[[nodiscard]] std::optional<Endpoint> parse_tcp_address(const std::string& text);

}  // namespace mta_sts::resolver
