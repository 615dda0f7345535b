#pragma once

#include <string>

#include "tlsrpt/model/standing.hpp"

namespace mta_sts::tlsrpt {

/// What an alert is told of.
struct AlertInput {
  const Told& told;
  const Judgment& judgment;
  const Metrics& now;  ///< the reports that are watched
  std::string domain;  ///< to name; empty: all
};

/// Gives one paragraph of what is new, one line of what was told before and still stands, and one of what is
/// cleared; each only where there is something. What senders wrote is escaped.
[[nodiscard]] std::string render_alert(const AlertInput& input);

}  // namespace mta_sts::tlsrpt
