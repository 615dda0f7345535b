#pragma once

#include <string>
#include <string_view>

#include "base/paint.hpp"
#include "tlsrpt/model/duplicates.hpp"
#include "tlsrpt/model/metrics.hpp"
#include "tlsrpt/render/render_json.hpp"

namespace mta_sts::tlsrpt {

/// How the text is made.
struct TextOptions {
  Target target;
  std::string domain;     ///< to name in the commands that are proposed; empty: DOMAIN
  std::size_t days = 31;  ///< of the trend, the latest ones
  std::size_t rows = 20;  ///< of the other tables
};

/// Writes the four key metrics for a terminal: rate against target, trend with a small bar chart, failure
/// types with cause, fix and checks, MX hosts, senders. What senders wrote is escaped.
[[nodiscard]] std::string render_text(const Metrics& metrics, const LeftOut& left_out,
                                      const TextOptions& options, const Paint& paint);

/// Writes one paragraph for each report that contradicts a counted one.
[[nodiscard]] std::string render_conflicts(const std::vector<Conflict>& conflicts);

/// Writes "Authenticated by DKIM: 12 of 14 reports (1 not-authenticated, 1 not-by-mail)"; empty where no
/// trusted field has said anything of a report.
[[nodiscard]] std::string render_authentication(const Metrics& metrics);

/// Writes "2026-03-08" or "2026-03-08 to 2026-03-14" for the days of the reports; empty without any.
[[nodiscard]] std::string render_span(const Metrics& metrics);

/// Writes "1 session", "3 sessions".
[[nodiscard]] std::string render_number(std::uint64_t count, std::string_view noun);

}  // namespace mta_sts::tlsrpt
