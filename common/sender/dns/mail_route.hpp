#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/domain_name.hpp"
#include "sender/dns_lookup.hpp"

namespace mta_sts::sender {

/// Where mail is to go: a domain by its MX records, or one host itself.
struct MailDestination {
  DomainName name;
  bool host_itself = false;  ///< no MX lookup: a relay that an administrator named in brackets
  std::uint16_t port = 25;   ///< TLSA records are asked for under it

  bool operator==(const MailDestination&) const = default;
};

/// What DNS says of DANE for one host, before anybody connects to it. RFC 7672 section 2.
enum class HostDane : std::uint8_t {
  none,     ///< no secure TLSA records, or none that can be used: PKIX or MTA-STS judge it (R121)
  usable,   ///< DANE authenticates it, or it gets no mail (R120)
  unknown,  ///< a lookup failed: it gets no mail for now (R122)
};

struct MailHost {
  std::string name;  ///< A-labels, lower case
  std::uint16_t preference = 0;
  HostDane dane = HostDane::none;

  bool operator==(const MailHost&) const = default;
};

/// The hosts of a destination, the preferred ones first.
struct MailRoute {
  bool failed = false;          ///< DNS did not say; the mail waits
  std::vector<MailHost> hosts;  ///< empty, without `failed`: the domain takes no mail (RFC 7505)
};

struct MailRouteOptions {
  bool dane = false;               ///< ask for TLSA where the MX records are secure
  std::size_t searches = 256;      ///< destinations looked up at once; more wait
  std::size_t dane_hosts = 32;     ///< hosts of one destination asked about; of those behind nothing is known
  std::size_t remembered = 16384;  ///< destinations remembered, about
  std::chrono::seconds ttl_most{300};
  std::chrono::seconds ttl_least{5};  ///< of a failure too
};

/// Looks up MX and, with DANE, the addresses' security and the TLSA records of each host; remembers them for
/// their TTL. One search runs for a destination, however many ask. One event loop's thread.
class MailRoutes {
 public:
  using Done = std::function<void(const MailRoute&)>;

  /// `dns` and `clock` outlive this object; answers of `dns` after its end are dropped.
  MailRoutes(DnsLookup& dns, const Clock& clock, MailRouteOptions options);
  ~MailRoutes();
  MailRoutes(const MailRoutes&) = delete;
  MailRoutes& operator=(const MailRoutes&) = delete;

  /// Calls `done` once, within this call where the route is remembered, else later; never where this object
  /// ends before.
  void find(const MailDestination& destination, Done done);

  [[nodiscard]] bool does_dane() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace mta_sts::sender
