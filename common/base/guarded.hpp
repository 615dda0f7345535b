#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace mta_sts {

/// How many exceptions guarded() and guarded_void() have ended in this process, in all threads. Whoever runs
/// for long logs internal-error once it grows: the layers that end them have no log.
inline std::atomic<std::uint64_t> exceptions_ended = 0;

/// Runs `body` and gives its result, or `on_throw` where it throws anything at all.
/// Every function that a C host calls has one guarded() as its whole body: an exception that
/// crossed a frame of nginx, httpd, Exim or libuv would end the process.
template <typename Result, typename Body>
[[nodiscard]] Result guarded(Result on_throw, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    ++exceptions_ended;
    return on_throw;
  }
}

/// Runs `body` for its effect; an exception ends it early and goes no further than to be counted.
/// False where that happened.
template <typename Body>
bool guarded_void(Body&& body) noexcept {
  try {
    std::forward<Body>(body)();
    return true;
  } catch (...) {  // the caller is C and has no way to be told
    ++exceptions_ended;
    return false;
  }
}

}  // namespace mta_sts
