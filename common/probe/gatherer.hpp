#pragma once

#include <uv.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "check/facts.hpp"
#include "probe/dns_gatherer.hpp"
#include "probe/tls_client.hpp"

namespace mta_sts::probe {

struct GatherOptions {
  std::uint16_t https_port = 443;
  std::uint16_t smtp_port = 25;
  std::chrono::milliseconds exchange_deadline{10000};  ///< for one connection
  std::chrono::milliseconds total_deadline{30000};     ///< for one domain, DNS included
  bool private_allowed = false;
  bool probe_rcpt = false;
  bool probe_post = false;
  /// Asks only what publishing needs: the records, the MX, and the policy at every address of its host.
  bool publishing_only = false;
  std::string helo_name;  ///< for EHLO; empty: the address literal of each connection
  std::string random_label;
  /// Called on the loop's thread before the connections of a domain begin, with their number at most; they
  /// run on libuv's worker threads, whose number is fixed when the first of them is wanted. May be empty.
  std::function<void(std::size_t)> before_connections{};
};

/// Gathers the facts of domains: DNS on the loop, connections on libuv's worker threads, as much at once as
/// depends on nothing. A mail host that several domains share is asked once in the life of this object.
class Gatherer {
 public:
  /// All of them outlive this object.
  Gatherer(uv_loop_t* loop, const DnsSources& dns, const TlsClient& tls, const Clock& clock,
           GatherOptions options);
  ~Gatherer();

  Gatherer(const Gatherer&) = delete;
  Gatherer& operator=(const Gatherer&) = delete;

  /// Calls `done` once, on the loop's thread, with everything that could be seen; what could not is said in
  /// the facts.
  void gather(const DomainName& domain, std::vector<std::string> subdomains,
              std::function<void(check::Facts)> done);

 private:
  class Engine;
  std::shared_ptr<Engine> engine_;
};

}  // namespace mta_sts::probe
