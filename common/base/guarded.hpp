#pragma once

#include <bit>
#include <cstdint>
#include <utility>

#include "base/log.hpp"

namespace mta_sts {

/// Runs `body` and gives its result, or `on_throw` where it throws anything at all.
/// Every function that a C host calls has one guarded() as its whole body: an exception that
/// crossed a frame of nginx, httpd, Exim or libuv would end the process.
template <typename Result, typename Body>
[[nodiscard]] Result guarded(Result on_throw, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    return on_throw;
  }
}

/// Runs `body` for its effect; an exception ends it early and goes no further.
template <typename Body>
void guarded_void(Body&& body) noexcept {
  try {
    std::forward<Body>(body)();
  } catch (...) {  // the caller is C and has no way to be told
  }
}

/// Runs the callbacks of an event loop, of which none may throw; counts those that did and logs
/// internal-error. The log gets the first and then every doubling, for what fails each time fails often.
class CallbackGuard {
 public:
  explicit CallbackGuard(Log& log) : log_(&log) {}  ///< `log` outlives this object

  /// Runs `body` for its effect; false where an exception ended it early.
  template <typename Body>
  bool run(Body&& body) noexcept {
    const bool done = guarded(false, [&] {
      std::forward<Body>(body)();
      return true;
    });
    if (!done && std::has_single_bit(++errors_)) {
      log_->write(LogLevel::error, "internal-error",
                  "an exception ended a callback early; see the host's memory; if it stays, report it");
    }
    return done;
  }

  [[nodiscard]] std::uint64_t errors() const { return errors_; }

 private:
  Log* log_;
  std::uint64_t errors_ = 0;
};

}  // namespace mta_sts
