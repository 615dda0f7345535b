#include "tcp_address.hpp"

#include <netinet/in.h>
#include <uv.h>

#include "sender/dns/dns_server.hpp"

namespace mta_sts::resolver {

std::optional<sockaddr_storage> parse_tcp_address(const std::string& text) {
  // Read as a DNS server is: the same grammar, the port not optional.
  const auto server = parse_dns_server(text);
  const bool has_port = text.ends_with(":" + std::to_string(server ? server->port : 0)) &&
                        (text.front() == '[' || text.find(':') == text.rfind(':'));
  if (!server || !has_port) {
    return std::nullopt;
  }
  sockaddr_storage address{};
  const std::string host = server->address.to_text();
  const int error = server->address.is_v6()
                        ? uv_ip6_addr(host.c_str(), server->port, reinterpret_cast<sockaddr_in6*>(&address))
                        : uv_ip4_addr(host.c_str(), server->port, reinterpret_cast<sockaddr_in*>(&address));
  return error == 0 ? std::optional(address) : std::nullopt;
}

bool is_loopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return (ntohl(v4.sin_addr.s_addr) >> 24U) == 127;
  }
  return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr) != 0;
}

}  // namespace mta_sts::resolver
