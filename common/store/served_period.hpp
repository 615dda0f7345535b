#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/policy.hpp"

namespace mta_sts::store {

/// A time in which one policy was served for a domain.
struct ServedPeriod {
  std::chrono::sys_seconds since;
  std::optional<std::chrono::sys_seconds> until;  ///< nothing: it is served now
  std::string through;  ///< the profile or the domain that it came from; empty: the domain's own
  Mode mode = Mode::none;
  std::uint64_t max_age_seconds = 0;
  std::uint32_t serial = 0;
  std::string id;
  std::string body;
};

/// What senders may still have of all that was served.
struct Holding {
  std::uint64_t largest_max_age_seconds = 0;
  std::chrono::sys_seconds until;  ///< of the last copy, if nothing changes after now; 1970 without periods
};

/// Adds up the periods: a sender that fetched a policy at its end keeps it for max_age from then. RFC 8461
/// section 3.2.
[[nodiscard]] Holding holding_of(const std::vector<ServedPeriod>& periods, std::chrono::sys_seconds now);

}  // namespace mta_sts::store
