#pragma once

#include <chrono>
#include <map>
#include <string>

#include "tlsrpt/model/metrics.hpp"

namespace mta_sts::tlsrpt {

/// The most days that a chart shows, the latest ones.
inline constexpr std::size_t chart_days_limit = 400;

/// What a chart's bars stand for.
enum class ChartOf : std::uint8_t { failures, sessions };

/// Writes an SVG bar chart over every day from the first to the last, days without reports as grey bands,
/// with its scale and dates as HTML around it, so that text keeps its size on a phone. Needs at least one
/// day.
[[nodiscard]] std::string render_html_chart(const Metrics& metrics, ChartOf what, Target target);

}  // namespace mta_sts::tlsrpt
