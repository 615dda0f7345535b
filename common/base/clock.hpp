#pragma once

#include <chrono>

namespace mta_sts {

/// Tells the time; handed in, so that tests decide what time it is.
class Clock {
 public:
  virtual ~Clock() = default;

  /// Gives the wall clock in whole seconds UTC: expiry dates are absolute (position P25).
  [[nodiscard]] virtual std::chrono::sys_seconds now() const = 0;
};

/// The host's own clock, for programs; the core is given it and never asks by itself.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::sys_seconds now() const override {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
};

}  // namespace mta_sts
