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
  std::size_t conflicts = 0;     ///< reports that contradict one that came before them
};

/// Gives one paragraph where the target is missed, by all, by one domain beside others, or by the sessions
/// under DANE; where a failure type or host appears that was not there before; where reports contradict each
/// other; or where reports stay away that are expected. Empty where all is well. A rate is judged from five
/// failed sessions, or from two where none went well. What senders wrote is escaped.
[[nodiscard]] std::string render_alert(const AlertInput& input);

}  // namespace mta_sts::tlsrpt
