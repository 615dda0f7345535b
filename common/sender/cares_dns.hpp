#pragma once

#include <uv.h>

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sender/dns_lookup.hpp"
#include "sender/ip_address.hpp"

namespace mta_sts {

/// A name server to ask: `--dns ADDR[:PORT]`, IPv6 with a port in brackets.
struct DnsServer {
  IpAddress address;
  std::uint16_t port = 53;

  bool operator==(const DnsServer&) const = default;
};

/// Reads "192.0.2.1", "192.0.2.1:5353", "2001:db8::1" or "[2001:db8::1]:5353"; nothing for anything else.
[[nodiscard]] std::optional<DnsServer> parse_dns_server(std::string_view text);

/// Gives the name servers of a resolv.conf's text, at most three, other lines ignored; 127.0.0.1 where it
/// names none (resolv.conf(5)).
[[nodiscard]] std::vector<DnsServer> parse_resolv_conf(std::string_view text);

struct CaresDnsOptions {
  std::vector<DnsServer> servers;            ///< asked in order; empty: those of /etc/resolv.conf
  std::chrono::milliseconds deadline{5000};  ///< for one question, all servers and tries together
  bool recursion_desired =
      true;  ///< false: for one authoritative server; aliases out of its zone are not followed
  bool checking_disabled =
      false;  ///< the CD bit: what DNSSEC would refuse is answered too (RFC 4035 section 3.2.2)
};

/// DnsLookup by c-ares on a libuv loop. Answers are read by parse_dns_answer, not by c-ares. The process must
/// ignore SIGPIPE: c-ares writes to TCP connections that a server may have closed. Spoofing
/// resistance is that of the path to the name server: point it at a resolver on this host or a trusted net.
class CaresDns final : public DnsLookup {
 public:
  /// Error: a sentence for the start's log; the program stops. `loop` outlives this object.
  [[nodiscard]] static std::expected<std::unique_ptr<CaresDns>, std::string> create(uv_loop_t* loop,
                                                                                    CaresDnsOptions options);

  /// Ends every open question with status timeout. The loop must run once more (uv_run) after that, so that
  /// libuv lets go of the handles.
  ~CaresDns() override;

  CaresDns(const CaresDns&) = delete;
  CaresDns& operator=(const CaresDns&) = delete;

  void lookup(std::string_view name, DnsType type, Done done) override;

 private:
  class Engine;
  explicit CaresDns(std::unique_ptr<Engine> engine);

  std::unique_ptr<Engine> engine_;
};

}  // namespace mta_sts
