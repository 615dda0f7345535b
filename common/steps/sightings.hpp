#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "check/facts.hpp"
#include "steps/former.hpp"

namespace mta_sts::steps {

/// What is known of the past of a domain whose policy is in no store.
struct Past {
  Periods periods;
  std::vector<std::string> not_known;  ///< what is not, and what is assumed in its place; safe to show
};

/// Makes it from what earlier diagnoses saw, oldest first, and from what is served now. `since` is the
/// administrator's word for how long that has been. Of what nobody saw the safe is assumed: a policy counts
/// from its first sighting to the first of another, and before all of them one to enforce was kept for a
/// year (RFC 8461 section 3.2), also where nothing but a record or a policy host is left of one. Periods that
/// are not the present one have no bytes.
[[nodiscard]] Past past_of(const std::vector<check::HistoryEntry>& seen, const Live& live,
                           std::optional<std::chrono::sys_seconds> since, std::chrono::sys_seconds now);

}  // namespace mta_sts::steps
