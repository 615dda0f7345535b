#pragma once

#include <algorithm>
#include <chrono>

namespace mta_sts::sender {

/// No policy is refreshed ahead of its expiry more often than this, however short its max_age.
inline constexpr std::chrono::hours least_refresh_interval{12};

/// Gives the time between a fetch and the refresh: half of max_age, at most a day (RFC 8461 section 3.3,
/// position P23).
[[nodiscard]] inline std::chrono::seconds refresh_interval(std::chrono::seconds max_age) {
  return std::clamp<std::chrono::seconds>(max_age / 2, least_refresh_interval, std::chrono::days(1));
}

/// Gives the greatest time by which a refresh is put off, so that those of many domains do not come at once.
[[nodiscard]] inline std::chrono::seconds refresh_spread(std::chrono::seconds max_age) {
  const auto left = std::max(max_age - refresh_interval(max_age), std::chrono::seconds(0));
  return std::min<std::chrono::seconds>(left / 2, std::chrono::days(1));
}

}  // namespace mta_sts::sender
