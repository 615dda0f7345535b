#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "store/reader.hpp"
#include "store/store_error.hpp"

namespace mta_sts::cli {

/// So many other domains of one policy are looked at.
inline constexpr std::size_t sharers_limit = 100;

/// Gives the other domains that have the policy of a domain (A-labels in lower case), as aliases or through
/// its profile: at most one more than sharers_limit. None where there is no store. Errors: as of every
/// reader.
[[nodiscard]] std::expected<std::vector<std::string>, store::StoreError> policy_sharers(
    const std::string& store_path, std::string_view domain);

/// The same of a state of the store.
[[nodiscard]] std::expected<std::vector<std::string>, store::StoreError> policy_sharers(
    const store::SnapshotView& snapshot, std::string_view domain);

}  // namespace mta_sts::cli
