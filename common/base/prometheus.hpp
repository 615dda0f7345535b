#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Pieces of Prometheus' text format.
namespace mta_sts::prometheus {

/// Writes a label's value: backslash, quote and line end escaped, other controls as they are shown, the end
/// of a long one cut off.
[[nodiscard]] std::string render_label(std::string_view value, std::size_t limit_bytes = 200);

/// Writes the two lines before the samples of a gauge, or of a counter; `help` is one line.
[[nodiscard]] std::string gauge_head(std::string_view name, std::string_view help);
[[nodiscard]] std::string counter_head(std::string_view name, std::string_view help);

}  // namespace mta_sts::prometheus
