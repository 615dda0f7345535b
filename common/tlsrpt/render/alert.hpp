#pragma once

#include <string>

#include "tlsrpt/model/standing.hpp"

namespace mta_sts::tlsrpt {

/// What an alert is told of.
struct AlertInput {
  const Told& told;
  const Judgment& judgment;
  const Watched& watched;
  std::string domain;           ///< to name; empty: all
  std::chrono::sys_days today;  ///< UTC
};

/// Gives a paragraph of sentences, one a line and none over 998 bytes, so that cron can mail it (RFC 5322
/// section 2.1.1): what is new, what was told before and still stands, what is cleared and what is given up;
/// nothing where there is nothing. What senders wrote is escaped.
[[nodiscard]] std::string render_alert(const AlertInput& input);

}  // namespace mta_sts::tlsrpt
