#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/ip_address.hpp"

namespace mta_sts::sender {

/// A name server to ask: `--dns ADDR[:PORT]`, IPv6 with a port in brackets.
struct DnsServer {
  IpAddress address;
  std::uint16_t port = 53;
  std::string zone;  ///< of a link-local IPv6 address: the interface's name or number (RFC 4007 section 11)

  bool operator==(const DnsServer&) const = default;
};

/// Reads "192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "fe80::1%eth0" or "[2001:db8::1]:5353"; nothing for
/// anything else.
[[nodiscard]] std::optional<DnsServer> parse_dns_server(std::string_view text);

/// Gives the form that parse_dns_server reads, without port 53.
[[nodiscard]] std::string to_text(const DnsServer& server);

/// Gives the name servers of a resolv.conf's text, at most three, other lines ignored; 127.0.0.1 where it
/// names none (resolv.conf(5)).
[[nodiscard]] std::vector<DnsServer> parse_resolv_conf(std::string_view text);

/// Which name servers' AD bit becomes DnsAnswer::authenticated: it says that they validated, and who can
/// change an answer on its way can set it (RFC 4035 section 4.9.3).
enum class AdTrust : std::uint8_t {
  all,
  own_host,  ///< those on loopback, and those of a resolv.conf with `options trust-ad`
};

/// Tells whether a resolv.conf's text has `options trust-ad`: its author trusts the way to its name servers,
/// and glibc gives programs the AD bit, which it strips otherwise (resolv.conf(5)).
[[nodiscard]] bool has_trust_ad(std::string_view text);

}  // namespace mta_sts::sender
