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

namespace mta_sts::sender {

/// Fetches policies for several hosts that share a place: looks there first, has one host fetch while the
/// others wait a moment, and puts there what this one fetched. Pure, but for what it is handed. A failed
/// fetch is nobody else's: each host judges for itself.
class SharedFetch final : public PolicyFetch {
 public:
  /// The longest wait for another host's fetch. It comes on top of the time that this host's own fetch then
  /// has: taken off it, a policy host that answers late would count as having no policy (RFC 8461
  /// section 3.3).
  static constexpr std::chrono::milliseconds wait_limit{1500};

  /// `own` does the fetches of this host. All outlive this object; answers that come after its end are
  /// dropped.
  SharedFetch(PolicyFetch& own, PolicyShare& share, const Clock& clock, Log& log);
  ~SharedFetch() override;

  void fetch(const DomainName& domain, FetchOrder order) override;

  /// Gives counters for the metrics, in a fixed order: name (with labels) and value.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> counters() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace mta_sts::sender
