#pragma once

#include <algorithm>
#include <chrono>

namespace mta_sts {

/// A moment on the monotonic clock by which something must be over.
class Deadline {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  explicit Deadline(Moment moment) : moment_(moment) {}

  /// Gives the deadline that is `wait` from now.
  [[nodiscard]] static Deadline in(std::chrono::milliseconds wait) {
    return Deadline(std::chrono::steady_clock::now() + wait);
  }

  /// Gives what is left, never less than nothing, rounded up so that a poll does not spin.
  [[nodiscard]] std::chrono::milliseconds left() const {
    return std::max(std::chrono::milliseconds(0),
                    std::chrono::ceil<std::chrono::milliseconds>(moment_ - std::chrono::steady_clock::now()));
  }

  [[nodiscard]] bool passed() const { return left().count() == 0; }

  /// Gives the earlier of two.
  [[nodiscard]] Deadline earlier(Deadline other) const { return Deadline(std::min(moment_, other.moment_)); }

 private:
  Moment moment_;
};

}  // namespace mta_sts
