#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/served_store.hpp"

namespace mta_sts::metrics {

/// What is known of a store that a server serves.
struct StoreSample {
  std::string path;
  std::optional<store::StoreFacts> facts;  ///< nothing where it cannot be read
};

/// Asks the stores of a configuration, each path once.
[[nodiscard]] std::vector<StoreSample> sample_stores(std::span<store::ServedStore* const> stores,
                                                     store::ServedStore::Time now);

}  // namespace mta_sts::metrics
