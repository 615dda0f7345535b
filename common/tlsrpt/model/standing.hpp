#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tlsrpt/model/findings.hpp"

namespace mta_sts::tlsrpt {

/// A finding that was told and has not been seen to be over.
struct Standing {
  FindingKind kind = FindingKind::rate;
  std::string subject;
  std::chrono::sys_days told;  ///< when it was new
  std::chrono::sys_days seen;  ///< when reports bore it out last

  bool operator==(const Standing&) const = default;
};

/// A finding that was told before.
struct StillStanding {
  Finding finding;
  std::chrono::sys_days told;
  std::optional<std::chrono::sys_days>
      last_seen;  ///< the alert whose reports told of it last, where none do now
};

/// What an alert has to tell, and what it has to remember.
struct Told {
  std::vector<Finding> fresh;
  std::vector<StillStanding> still;
  std::vector<Standing> cleared;
  std::vector<Standing> forgotten;  ///< no report told of them for two weeks
  std::vector<Standing> standing;

  [[nodiscard]] bool is_alert() const { return !fresh.empty() || !still.empty(); }
};

/// Compares what is found with what stood. A finding is told in full once, then as one that still stands: a
/// rate, and what stays away, as long as it does; a type, a host or a conflict as long as it is new. It is
/// cleared when reports show that it is over, never by their absence.
[[nodiscard]] Told compare(const Judgment& judgment, const Watched& watched,
                           const std::vector<Standing>& standing, std::chrono::sys_days today);

}  // namespace mta_sts::tlsrpt
