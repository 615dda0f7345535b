#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/domain_name.hpp"

namespace mta_sts::sender {

/// What a place that several hosts share said of a domain.
struct ShareAnswer {
  enum class Kind : std::uint8_t {
    value,    ///< the bytes that a host has put there, cut behind the greatest length that a value may have
    nothing,  ///< there are none
    gone,     ///< it does not answer, or not in time: go on alone
  };
  Kind kind = Kind::gone;
  std::string value;
};

/// What came of a claim: `answer` is what is there, as of just after the claim.
struct ShareClaim {
  bool taken = false;  ///< this host is the one to fetch, till put(), release() or some seconds are over
  ShareAnswer answer;
};

/// A place that several hosts share, so that a policy which one of them fetched serves all of them. It can
/// only spare a fetch: it may lose everything at any time, all that it gives is untrusted, and each host goes
/// on alone where it does not answer. One event loop's thread.
class PolicyShare {
 public:
  using Found = std::function<void(ShareAnswer)>;
  using Claimed = std::function<void(ShareClaim)>;

  virtual ~PolicyShare() = default;

  /// Tells whether it answers, as far as is known; false: do not ask.
  [[nodiscard]] virtual bool is_ready() const = 0;

  /// Looks for a domain's value and calls `found` exactly once, at once or later, within a fraction of a
  /// second.
  virtual void find(const DomainName& domain, Found found) = 0;

  /// Asks to be the one host that fetches the domain's policy; calls `claimed` as find() does.
  virtual void claim(const DomainName& domain, Claimed claimed) = 0;

  /// Puts a value in place of the one before, to be dropped behind `until`, and ends a claim of this host.
  virtual void put(const DomainName& domain, std::string_view value, std::chrono::sys_seconds until) = 0;

  /// Ends a claim without a value.
  virtual void release(const DomainName& domain) = 0;

  /// Calls `wake` once after a time, from the loop; never after this object has ended.
  virtual void call_later(std::chrono::milliseconds after, std::function<void()> wake) = 0;
};

}  // namespace mta_sts::sender
