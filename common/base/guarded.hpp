#pragma once

#include <utility>

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

}  // namespace mta_sts
