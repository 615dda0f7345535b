#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>

#include "os/ip_address.hpp"

namespace mta_sts {

/// An address and a port (TCP or UDP) of it.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
};

/// An endpoint in the form that socket calls take.
class SocketAddress {
 public:
  /// `zone` is the number of an interface, for a link-local IPv6 address (RFC 4007); 0 is none.
  explicit SocketAddress(const Endpoint& endpoint, std::uint32_t zone = 0);

  /// A view of this object.
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t size() const { return size_; }
  /// AF_INET or AF_INET6.
  [[nodiscard]] int family() const { return storage_.ss_family; }

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

/// Gives the address of this end of a connected IPv4 or IPv6 socket; nothing for any other.
[[nodiscard]] std::optional<IpAddress> own_address(int descriptor);

}  // namespace mta_sts
