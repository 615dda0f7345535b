#pragma once

#include <chrono>
#include <string>

#include "tlsrpt/model/breakdown.hpp"
#include "tlsrpt/model/duplicates.hpp"
#include "tlsrpt/model/metrics.hpp"

namespace mta_sts::tlsrpt {

/// What a page is made of.
struct HtmlInput {
  const Metrics& metrics;
  const Breakdown& breakdown;  ///< of the rows that the metrics are of
  const LeftOut& left_out;
  Target target;
  std::string domain;             ///< the domain asked for; empty: all
  std::chrono::sys_seconds made;  ///< when the page was made
  std::size_t rows = 200;         ///< of each table
};

/// Domains, senders and hosts that have a section of their own on a page, of each kind.
inline constexpr std::size_t html_sections = 20;

/// Writes one page that needs nothing else: no script, no font, no picture from anywhere, its style allowed
/// by hash in the Content-Security-Policy it carries. Whatever senders wrote is text.
[[nodiscard]] std::string render_html(const HtmlInput& input);

}  // namespace mta_sts::tlsrpt
