#pragma once

#include <string>
#include <string_view>

#include "tlsrpt/model/breakdown.hpp"
#include "tlsrpt/model/metrics.hpp"

namespace mta_sts::tlsrpt {

/// Write a name of each kind, as a link to its section where render_html_breakdown() writes one.
[[nodiscard]] std::string html_domain(const Breakdown& breakdown, std::string_view name);
[[nodiscard]] std::string html_organization(const Breakdown& breakdown, std::string_view name);
[[nodiscard]] std::string html_host(const Breakdown& breakdown, std::string_view name);

/// Writes a section for each domain, sender and host of the breakdown: how its sessions went, since when
/// which types failed, and where; each name is a link to its own section. Then how to see the others.
[[nodiscard]] std::string render_html_breakdown(const Metrics& metrics, const Breakdown& breakdown,
                                                Target target);

}  // namespace mta_sts::tlsrpt
