#pragma once

#include <expected>
#include <string_view>
#include <vector>

#include "store/reader.hpp"
#include "store/served_period.hpp"

namespace mta_sts::store {

/// Gives every period of a domain (A-labels in lower case), the oldest first, with what its profiles and the
/// domains it was an alias of served meanwhile. They stay when the domain is removed: an id is never
/// forgotten. Error: damaged.
[[nodiscard]] std::expected<std::vector<ServedPeriod>, StoreError> periods_of_domain(
    const SnapshotView& snapshot, std::string_view domain);

/// The same of a profile.
[[nodiscard]] std::expected<std::vector<ServedPeriod>, StoreError> periods_of_profile(
    const SnapshotView& snapshot, std::string_view name);

}  // namespace mta_sts::store
