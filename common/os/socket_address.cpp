#include "os/socket_address.hpp"

#include <netinet/in.h>

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

}  // namespace mta_sts
