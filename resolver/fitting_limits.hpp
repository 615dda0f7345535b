#pragma once

#include <cstddef>

#include "options.hpp"

namespace mta_sts::resolver {

/// Gives so many places for fetches as there are descriptors for: a fetch takes two while both families of
/// addresses are tried, a slow one mostly one. Fetches for which there is none wait for their turn. Pure.
[[nodiscard]] sender::FetchPlaceLimits fitting(sender::FetchPlaceLimits places, std::size_t descriptors);

/// Gives so many clients at once that descriptors are left for DNS, for `places` of fetches and for the
/// cache: without, libuv would drop clients unanswered, and every fetch would fail. Pure.
[[nodiscard]] ServerLimits fitting(ServerLimits limits, const sender::FetchPlaceLimits& places,
                                   std::size_t descriptors);

}  // namespace mta_sts::resolver
