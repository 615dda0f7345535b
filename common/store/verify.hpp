#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "store/reader.hpp"

namespace mta_sts::store {

/// What a whole reading of the store found.
struct Verification {
  std::size_t domains = 0;
  std::size_t profiles = 0;
  std::size_t former = 0;
  std::size_t fault_count = 0;
  std::vector<std::string> faults;  ///< the first of them, a sentence each, safe to show
};

/// At most this many faults are told.
inline constexpr std::size_t faults_limit = 100;

/// Reads every page and record: the order of keys, the counts, every sum, whether each policy is valid and
/// has the id of its meaning, and whether each name that a record leads to is there. What is damaged is left
/// out, and the rest read. Any bytes may be there.
[[nodiscard]] Verification verify(const SnapshotView& snapshot);

}  // namespace mta_sts::store
