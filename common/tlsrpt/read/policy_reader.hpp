#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tlsrpt/model/report.hpp"
#include "tlsrpt/read/json_tree.hpp"

namespace mta_sts::tlsrpt {

/// One element of a report's `policies`.
struct PolicyReading {
  std::optional<PolicyReport> policy;  ///< none where its counts cannot be used: it does not count
  QuirkSet quirks;                     ///< of the policy that counts
  std::vector<std::string> problems;   ///< with its counts (E_COUNT): the ends of sentences about it
};

/// Reads such an element, an object, as leniently as the quirks of real senders ask. RFC 8460 sections 4.2 to
/// 4.4 (R133 to R135).
[[nodiscard]] PolicyReading read_policy(const JsonTree& tree, JsonTree::Node node);

}  // namespace mta_sts::tlsrpt
