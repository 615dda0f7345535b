#include "os/socket_address.hpp"

#include <netinet/in.h>

#include <array>
#include <cstring>

namespace mta_sts {

SocketAddress::SocketAddress(const Endpoint& endpoint, std::uint32_t zone) {
  const auto bytes = endpoint.address.bytes();
  if (endpoint.address.is_v6()) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    v6.sin6_scope_id = zone;
    std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
    std::memcpy(&storage_, &v6, sizeof v6);
    size_ = sizeof v6;
  } else {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, bytes.data(), bytes.size());
    std::memcpy(&storage_, &v4, sizeof v4);
    size_ = sizeof v4;
  }
}

std::optional<IpAddress> own_address(int descriptor) {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size) != 0) {
    return std::nullopt;
  }
  std::array<std::uint8_t, sizeof(in6_addr)> bytes{};
  if (own.ss_family == AF_INET) {
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in&>(own).sin_addr, sizeof(in_addr));
    return IpAddress::from_bytes(std::span(bytes).first(sizeof(in_addr)));
  }
  if (own.ss_family == AF_INET6) {
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6&>(own).sin6_addr, bytes.size());
    return IpAddress::from_bytes(bytes);
  }
  return std::nullopt;
}

}  // namespace mta_sts
