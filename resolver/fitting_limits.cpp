#include "fitting_limits.hpp"

#include <algorithm>

namespace mta_sts::resolver {
namespace {

constexpr std::size_t own_descriptors =
    64 + sender::StubResolver::descriptor_limit;  // loop, log, sockets, cache
constexpr std::size_t least_own = 28;             // of them, those that are in use whatever is asked

std::size_t needed_for(const sender::FetchPlaceLimits& places) {
  return own_descriptors + 2 * places.places + places.slow_places;
}

}  // namespace

sender::FetchPlaceLimits fitting(sender::FetchPlaceLimits places, std::size_t descriptors) {
  const std::size_t half = descriptors / 2;
  if (needed_for(places) > half) {
    const std::size_t part = half > least_own ? (half - least_own) / 4 : 0;
    places.places = std::clamp<std::size_t>(part, 1, places.places);
    places.slow_places = std::clamp<std::size_t>(part, 1, places.slow_places);
  }
  return places;
}

ServerLimits fitting(ServerLimits limits, const sender::FetchPlaceLimits& places, std::size_t descriptors) {
  const std::size_t own = std::min(needed_for(places), descriptors / 2);
  limits.connections = std::min(limits.connections, std::max<std::size_t>(descriptors - own, 1));
  return limits;
}

}  // namespace mta_sts::resolver
