#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "sender/policy_fetch.hpp"
#include "sender/policy_share.hpp"
#include "sender/share/shared_value.hpp"

namespace mta_sts::sender {

/// Fetches policies for several hosts that share a place: looks there first, has one host fetch while the
/// others wait a moment, and puts there what this one fetched. Pure, but for what it is handed. A failed
/// fetch is nobody else's: each host judges for itself. A policy that should have been refreshed since is
/// taken only where it cannot be fetched anew: whoever can put a former value of the domain back must then
/// keep this host from the policy host as well, which alone would leave it without any policy.
class SharedFetch final : public PolicyFetch {
 public:
  /// The longest wait for another host's fetch. It comes on top of the time that this host's own fetch then
  /// has: taken off it, a policy host that answers late would count as having no policy (RFC 8461
  /// section 3.3).
  static constexpr std::chrono::milliseconds wait_limit{1500};

  /// How long a host may try to fetch what is older than any refresh would have let it become, before it
  /// takes the old policy: less than the patience with a policy host, so that mail is answered by it.
  static constexpr std::chrono::milliseconds renewal_limit{2000};

  /// `own` does the fetches of this host, `form` says how values are written. All others outlive this object;
  /// answers that come after its end are dropped.
  SharedFetch(PolicyFetch& own, PolicyShare& share, SharedValueForm form, const Clock& clock, Log& log);
  ~SharedFetch() override;

  void fetch(const DomainName& domain, FetchOrder order) override;

  /// Gives counters for the metrics, in a fixed order: name (with labels) and value.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> counters() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace mta_sts::sender
