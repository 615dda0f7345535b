// An endpoint in the form of socket calls, read back by the system's own functions.
#include "os/socket_address.hpp"

#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <string>

namespace mta_sts {
namespace {

std::string read_back(const SocketAddress& address) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  const int error = getnameinfo(address.get(), address.size(), host.data(), host.size(), port.data(),
                                port.size(), NI_NUMERICHOST | NI_NUMERICSERV);
  return error == 0 ? std::string(host.data()) + " " + port.data() : gai_strerror(error);
}

TEST(SocketAddress, HoldsAnIpv4Endpoint) {
  const SocketAddress address({.address = IpAddress::parse("192.0.2.1").value(), .port = 25});
  EXPECT_EQ(address.family(), AF_INET);
  EXPECT_EQ(address.size(), sizeof(sockaddr_in));
  EXPECT_EQ(read_back(address), "192.0.2.1 25");
}

TEST(SocketAddress, HoldsAnIpv6Endpoint) {
  const SocketAddress address({.address = IpAddress::parse("2001:db8::1").value(), .port = 65535});
  EXPECT_EQ(address.family(), AF_INET6);
  EXPECT_EQ(address.size(), sizeof(sockaddr_in6));
  EXPECT_EQ(read_back(address), "2001:db8::1 65535");
}

TEST(SocketAddress, HoldsTheZoneOfALinkLocalAddress) {
  const SocketAddress address({.address = IpAddress::parse("fe80::1").value(), .port = 53}, 7);
  EXPECT_EQ(reinterpret_cast<const sockaddr_in6*>(address.get())->sin6_scope_id, 7U);
}

}  // namespace
}  // namespace mta_sts
