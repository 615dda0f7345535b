#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "tlsrpt/model/metrics.hpp"

namespace mta_sts::tlsrpt {

/// Each metric has at most this many series of names that come from outside; the rest is summed as
/// "(others)".
inline constexpr std::size_t series_limit = 1000;

/// Writes the metrics in Prometheus' text format. They are gauges over the days that were added up: a history
/// can be pruned, and a late report changes yesterday. `last_day` is the latest one of the whole history:
/// that no report has come for longer than those days is to be seen too.
[[nodiscard]] std::string render_prometheus(const Metrics& metrics, Target target, std::size_t conflicts,
                                            const std::optional<std::chrono::sys_days>& last_day);

}  // namespace mta_sts::tlsrpt
