#pragma once

#include <span>
#include <string>
#include <string_view>

#include "metrics/counters.hpp"
#include "metrics/store_sample.hpp"

namespace mta_sts::metrics {

/// Which build counts.
struct CountingBuild {
  std::string_view version;  ///< of the module
  std::string_view server;   ///< the web server and its version, as nginx/1.22.1
};

inline constexpr std::string_view page_content_type = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr std::string_view page_methods = "GET, HEAD";
inline constexpr std::string_view page_refusal = "The metrics are read with GET or HEAD.\n";

/// Names how the counters lie in memory: builds that give the same name count the same at the same place.
[[nodiscard]] std::string counters_layout();

/// Writes all metrics of a web server in Prometheus' text format; no two stores may have one path.
[[nodiscard]] std::string render_page(const CountingBuild& build, const CountedSums& sums,
                                      std::span<const StoreSample> stores);

}  // namespace mta_sts::metrics
