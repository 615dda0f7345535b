#pragma once

#include <chrono>

#include "base/deadline.hpp"

namespace mta_sts::probe {

/// How long an exchange may take: its own time from the moment at which a worker takes it up, and never
/// beyond its domain's end. What waits in a queue is not slow.
struct TimeLimit {
  std::chrono::milliseconds exchange;
  Deadline total;

  [[nodiscard]] Deadline begin() const { return total.earlier(Deadline::in(exchange)); }
};

}  // namespace mta_sts::probe
