#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>

namespace mta_sts {

/// Lets one line a minute into a log, however many requests meet the same trouble. All threads may use it.
class LogLimit {
 public:
  /// Tells whether a line is to be logged now; the next one a minute later. `now` is of a clock that is never
  /// set back.
  [[nodiscard]] bool take(std::chrono::milliseconds now) {
    constexpr std::chrono::minutes period{1};
    std::int64_t next = next_.load(std::memory_order_relaxed);
    return now.count() >= next &&
           next_.compare_exchange_strong(next, (now + period).count(), std::memory_order_relaxed);
  }

 private:
  std::atomic<std::int64_t> next_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace mta_sts
