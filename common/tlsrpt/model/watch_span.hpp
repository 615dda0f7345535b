#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace mta_sts::tlsrpt {

/// Where a report stands for an alert.
enum class WatchPart : std::uint8_t {
  outside,  ///< of no day that matters
  earlier,  ///< what the watched reports are compared with
  late,     ///< of an earlier day, but it has just come
  latest,   ///< of the latest days, or of no day and has just come
};

/// Days from `first` to `last`, both included.
struct DaySpan {
  std::chrono::sys_days first;
  std::chrono::sys_days last;
};

/// The reports that an alert judges.
struct WatchSpan {
  std::chrono::sys_days since;                   ///< the first of the latest days
  std::optional<std::chrono::sys_days> until{};  ///< the last of them; none: the newest
  /// Reports that were imported from then on have just come; none: the day alone decides.
  std::optional<std::chrono::sys_seconds> imported_since{};

  std::chrono::days length{3};  ///< of a window; the latest days are one

  /// The alert before judged what was imported until then: a failure of an earlier day in it is no news any
  /// more. Nor is any in what the first alert finds.
  std::chrono::sys_seconds known_until{};

  /// A report older than this has come from an archive, not late.
  static constexpr std::chrono::days late_limit{14};

  [[nodiscard]] WatchPart part_of(const std::optional<std::chrono::sys_days>& day,
                                  std::chrono::sys_seconds imported) const {
    const bool has_just_come = imported_since && imported >= *imported_since;
    if (!day) {
      return has_just_come ? WatchPart::latest : imported_since ? WatchPart::earlier : WatchPart::outside;
    }
    if (until && *day > *until) {
      return WatchPart::outside;
    }
    if (*day >= since) {
      return WatchPart::latest;
    }
    // What the alert before judged by its day is not judged again, though it has just come.
    const bool was_late =
        imported > known_until || std::chrono::floor<std::chrono::days>(imported) - *day >= length;
    return has_just_come && was_late && *day >= since - late_limit ? WatchPart::late : WatchPart::earlier;
  }

  /// Gives the number of the window that a watched report is judged in: 0 for the latest days, and for one
  /// that came late, how many windows before them it is.
  [[nodiscard]] std::size_t window_of(const std::optional<std::chrono::sys_days>& day) const {
    return !day || *day >= since
               ? 0
               : static_cast<std::size_t>(1 + (since - *day - std::chrono::days(1)) / length);
  }

  /// Gives the days of a window before the latest days, by its number.
  [[nodiscard]] DaySpan days_of(std::size_t window) const {
    const std::chrono::sys_days first = since - length * static_cast<int>(window);
    return {.first = first, .last = first + length - std::chrono::days(1)};
  }
};

}  // namespace mta_sts::tlsrpt
