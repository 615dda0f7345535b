#pragma once

#include <array>
#include <chrono>
#include <cstddef>

namespace mta_sts::exim {

/// How long a process still waits for a resolver that is there and late. Each answer that did not come within
/// its time halves the time of the next questions, down to two seconds, for a minute: mail to many domains
/// whose policies are slow to come by is not waited for one after another. Knows no clock.
class Patience {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::seconds memory{60};
  static constexpr std::chrono::milliseconds least{2000};

  /// Gives the time to wait now of the `full` one; never more than that.
  [[nodiscard]] std::chrono::milliseconds wait(std::chrono::milliseconds full, Moment now) const;

  /// Takes note of a wait in vain that ended at `now`.
  void note_deadline(Moment now);

 private:
  // So many halvings bring the longest time that can be asked for, 300 s, down to the least.
  std::array<Moment, 8> until_{};  // when each of the newest deadlines is forgotten
  std::size_t next_ = 0;
};

}  // namespace mta_sts::exim
