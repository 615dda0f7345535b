#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tlsrpt/model/metrics.hpp"
#include "tlsrpt/model/watch_span.hpp"

namespace mta_sts::tlsrpt {

/// Tells which names of senders, or of domains, reports no longer bear: they did on five or more of the last
/// 28 days, and then on none for three days or more, and for more than twice the longest break before. The
/// current day does not count: its reports are not made yet. A name whose reports come late as ever has not
/// stopped.
class ReportingDays {
 public:
  explicit ReportingDays(std::chrono::sys_days today) : first_(today - days_kept) {}

  void add(std::string_view name, const SessionRow& row, const WatchSpan& span);

  /// A name and the last day that a report of it is for.
  struct Silent {
    std::string name;
    std::chrono::sys_days last;
    bool is_long_ago = false;  ///< for more than two weeks longer than it takes to tell
  };

  /// Gives those that have stopped, while others go on, at most `limit`.
  [[nodiscard]] std::vector<Silent> silent(std::size_t limit) const;

  /// Tells whether a report of the name is for one of the last three days.
  [[nodiscard]] bool goes_on(std::string_view name) const;

 private:
  static constexpr std::chrono::days days_kept{28};

  struct Days {
    std::uint32_t reported = 0;  // one bit for each day from first_ on
    std::optional<std::chrono::sys_days> first_import;
    std::optional<std::chrono::sys_days> last_import;
    bool has_just_come = false;

    [[nodiscard]] int last() const;
    [[nodiscard]] int missing() const;
    [[nodiscard]] int longest_break() const;
    [[nodiscard]] bool has_stopped() const;
  };

  std::chrono::sys_days first_;
  std::map<std::string, Days, std::less<>> names_;
};

}  // namespace mta_sts::tlsrpt
