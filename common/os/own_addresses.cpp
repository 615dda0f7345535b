#include "os/own_addresses.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdint>

#include "base/handle.hpp"

namespace mta_sts {
namespace {

std::optional<IpAddress> address_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return IpAddress::from_bytes({reinterpret_cast<const std::uint8_t*>(&v4.sin_addr), 4});
  }
  if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    return IpAddress::from_bytes({reinterpret_cast<const std::uint8_t*>(&v6.sin6_addr), 16});
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<IpAddress>> own_addresses() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) {
    return std::nullopt;
  }
  const Handle<ifaddrs, ::freeifaddrs> list(first);
  std::vector<IpAddress> addresses;
  for (const ifaddrs* one = list.get(); one != nullptr; one = one->ifa_next) {
    if (const auto address = one->ifa_addr != nullptr ? address_of(*one->ifa_addr) : std::nullopt) {
      addresses.push_back(*address);
    }
  }
  return addresses;
}

bool leads_to_one_of(const IpAddress& address, std::span<const IpAddress> own) {
  const IpAddress network = address.network();
  return std::ranges::any_of(
      own, [&](const IpAddress& one) { return one == address || (!one.is_v6() && one == network); });
}

}  // namespace mta_sts
