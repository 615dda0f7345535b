#include "store/served_period.hpp"

#include <algorithm>

namespace mta_sts::store {

Holding holding_of(const std::vector<ServedPeriod>& periods, std::chrono::sys_seconds now) {
  Holding holding;
  for (const ServedPeriod& period : periods) {
    const auto end = period.until.value_or(now) + std::chrono::seconds(period.max_age_seconds);
    holding.largest_max_age_seconds = std::max(holding.largest_max_age_seconds, period.max_age_seconds);
    holding.until = std::max(holding.until, end);
  }
  return holding;
}

}  // namespace mta_sts::store
