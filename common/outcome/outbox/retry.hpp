#pragma once

#include <algorithm>
#include <chrono>

namespace mta_sts::outcome {

/// How long a report is tried. RFC 8460 section 5.5: up to 24 hours, with exponential back-off.
inline constexpr std::chrono::hours tried_for{24};

/// Tells whether a report that was `made` then is given up where it is not taken now.
[[nodiscard]] constexpr bool is_last_attempt(std::chrono::sys_seconds now, std::chrono::sys_seconds made) {
  return now - made >= tried_for;
}

/// Gives when to try again after `attempts` failures, the last at `now`: after half an hour, then each time
/// twice as long as before, and once more at the end of the 24 hours since the report was `made`.
[[nodiscard]] constexpr std::chrono::sys_seconds next_attempt(unsigned attempts, std::chrono::sys_seconds now,
                                                              std::chrono::sys_seconds made) {
  constexpr std::chrono::seconds first = std::chrono::minutes(30);
  constexpr unsigned doublings = 6;  // beyond the 24 hours
  const auto wait = first * (1 << std::min(attempts > 0 ? attempts - 1 : 0, doublings));
  return std::min(now + wait, made + tried_for);
}

}  // namespace mta_sts::outcome
