#include "metrics/store_sample.hpp"

#include <algorithm>

namespace mta_sts::metrics {

std::vector<StoreSample> sample_stores(std::span<store::ServedStore* const> stores,
                                       store::ServedStore::Time now) {
  std::vector<StoreSample> samples;
  for (store::ServedStore* const store : stores) {
    // Two series of one label would fail the whole scrape.
    if (std::ranges::find(samples, store->path(), &StoreSample::path) != samples.end()) {
      continue;
    }
    StoreSample sample{.path = store->path(), .facts = {}};
    if (const auto facts = store->facts(now)) {
      sample.facts = *facts;
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace mta_sts::metrics
