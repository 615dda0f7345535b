#pragma once

#include <string>

#include "tlsrpt/model/metrics.hpp"

namespace mta_sts::tlsrpt {

/// What a look at the latest days is compared with.
struct AlertInput {
  const Metrics& now;     ///< the days that are watched
  const Metrics& before;  ///< all days before them
  Target target;
  std::string domain;            ///< to name; empty: all
  bool expects_reports = false;  ///< no report at all is worth a word
};

/// Gives one paragraph where the target is missed, a failure type or host appears that was not there before,
/// or reports stay away that are expected; empty where all is well. What senders wrote is escaped.
[[nodiscard]] std::string render_alert(const AlertInput& input);

}  // namespace mta_sts::tlsrpt
