#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tlsrpt/model/metrics.hpp"
#include "tlsrpt/model/watch_span.hpp"

namespace mta_sts::tlsrpt {

/// Tells which senders have stopped: on five or more of the last 28 days one reported, and then on none for
/// three days or more, and for more than twice its longest break before. The current day does not count: its
/// reports are not made yet. One whose reports come late as ever has not stopped.
class SenderDays {
 public:
  explicit SenderDays(std::chrono::sys_days today) : first_(today - days_kept) {}

  void add(const SessionRow& row, const WatchSpan& span);

  /// A sender and the last day that it reported.
  struct Silent {
    std::string sender;
    std::chrono::sys_days last;
    bool is_long_ago = false;  ///< for more than two weeks longer than it takes to tell
  };

  /// Gives those that have stopped, while others go on, at most `limit`.
  [[nodiscard]] std::vector<Silent> silent(std::size_t limit) const;

  /// Tells whether a sender reported on one of the last three days.
  [[nodiscard]] bool goes_on(std::string_view sender) const;

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
  std::map<std::string, Days, std::less<>> senders_;
};

}  // namespace mta_sts::tlsrpt
