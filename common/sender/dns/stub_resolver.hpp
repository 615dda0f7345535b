#pragma once

#include <uv.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sender/dns/dns_server.hpp"
#include "sender/dns_lookup.hpp"

namespace mta_sts::sender {

struct StubResolverOptions {
  /// Asked in order; empty: those of `resolv_conf`, which is followed.
  std::vector<DnsServer> servers;
  std::string resolv_conf{"/etc/resolv.conf"};
  std::chrono::milliseconds deadline{5000};  ///< for one question, all servers and tries together
  bool recursion_desired =
      true;  ///< false: for one authoritative server; aliases out of its zone are not followed
  bool checking_disabled =
      false;  ///< the CD bit: what DNSSEC would refuse is answered too (RFC 4035 section 3.2.2)
  AdTrust ad_trust = AdTrust::all;
  std::function<void(const std::vector<DnsServer>&)> on_servers;  ///< told when resolv_conf names others
};

/// DnsLookup on a libuv loop: asks the name servers by UDP, by TCP where an answer was cut off, three times
/// each within the deadline, the next one as soon as one is silent, unreachable or failing, and takes the
/// first answer that means anything, whoever gives it. Each answer must come from the server asked, to a port
/// and with a number that were drawn for it (RFC 5452). Spoofing resistance is for the rest that of the path:
/// point it at a resolver on this host or in a trusted net. The process must ignore SIGPIPE.
class StubResolver final : public DnsLookup {
 public:
  /// The most descriptors that it uses.
  static constexpr std::size_t descriptor_limit = 192;

  /// `loop` outlives this object.
  StubResolver(uv_loop_t* loop, StubResolverOptions options);

  /// Ends every open question with status timeout. The loop must run once more (uv_run) after that, so that
  /// libuv lets go of the handles.
  ~StubResolver() override;

  StubResolver(const StubResolver&) = delete;
  StubResolver& operator=(const StubResolver&) = delete;

  void lookup(std::string_view name, DnsType type, Done done) override;

  /// Reads resolv_conf again, whatever it looks like; without it nothing happens. Where the servers are
  /// others, open questions are asked anew there.
  void reread();

 private:
  class Engine;

  std::unique_ptr<Engine> engine_;
};

}  // namespace mta_sts::sender
