#include "tcp_address.hpp"

#include "sender/dns/dns_server.hpp"

namespace mta_sts::resolver {

std::optional<Endpoint> parse_tcp_address(const std::string& text) {
  // Read as a DNS server is: the same grammar, the port not optional.
  const auto server = sender::parse_dns_server(text);
  const bool has_port = text.ends_with(":" + std::to_string(server ? server->port : 0)) &&
                        (text.front() == '[' || text.find(':') == text.rfind(':'));
  if (!server || !has_port) {
    return std::nullopt;
  }
  return Endpoint{.address = server->address, .port = server->port};
}

}  // namespace mta_sts::resolver
