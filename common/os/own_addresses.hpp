#pragma once

#include <optional>
#include <span>
#include <vector>

#include "os/ip_address.hpp"

namespace mta_sts {

/// Gives the addresses of this host's network interfaces, of each family, those of loopback among them;
/// nothing where the system does not tell.
[[nodiscard]] std::optional<std::vector<IpAddress>> own_addresses();

/// Tells whether a connection to an address would come to one of `own`: the address itself, or an IPv6
/// address that leads to an IPv4 one (NAT64, mapped).
[[nodiscard]] bool leads_to_one_of(const IpAddress& address, std::span<const IpAddress> own);

}  // namespace mta_sts
