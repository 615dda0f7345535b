#pragma once

#include <optional>

#include "tlsrpt/model/report.hpp"
#include "tlsrpt/read/json_tree.hpp"

namespace mta_sts::tlsrpt {

/// Reads one element of a report's `policies`, an object, as leniently as the quirks of real senders ask, and
/// adds those to `quirks`. Nothing where a count is negative, a fraction or over 2^64-1 (E_COUNT): such a
/// policy does not count. RFC 8460 sections 4.2 to 4.4 (R133 to R135).
[[nodiscard]] std::optional<PolicyReport> read_policy(const JsonTree& tree, JsonTree::Node node,
                                                      QuirkSet& quirks);

}  // namespace mta_sts::tlsrpt
