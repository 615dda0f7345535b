#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sender/decide/verdict_service.hpp"

namespace mta_sts::resolver {

/// Gives the counters as Prometheus text: those of the service as `mta_sts_<name>` (gauges) and
/// `mta_sts_events_total{event="<name>"}` (counters), those of the sockets as `mta_sts_<name>` with their own
/// labels.
[[nodiscard]] std::string prometheus_text(const std::vector<sender::Counter>& service,
                                          const std::vector<std::pair<std::string, std::uint64_t>>& sockets);

}  // namespace mta_sts::resolver
