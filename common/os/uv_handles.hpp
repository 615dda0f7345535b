#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <unordered_map>

namespace mta_sts {

/// Watches the sockets of a C library that tells which it has and what it waits for: one uv_poll_t a socket,
/// let go in the loop's own time. For libcurl.
class UvPollSet {
 public:
  /// `ready(socket, readable, writable)` is called from the loop; an error on a socket counts as both.
  using Ready = std::function<void(uv_os_sock_t socket, bool readable, bool writable)>;

  UvPollSet(uv_loop_t* loop, Ready ready) : loop_(loop), ready_(std::move(ready)) {}
  ~UvPollSet();

  UvPollSet(const UvPollSet&) = delete;
  UvPollSet& operator=(const UvPollSet&) = delete;

  /// Watches a socket for what is asked, or no more where neither is. False: it cannot be watched (no
  /// memory).
  bool watch(uv_os_sock_t socket, bool readable, bool writable) noexcept;

 private:
  struct Watch;

  void forget(uv_os_sock_t socket) noexcept;
  static void on_poll(uv_poll_t* handle, int status, int events) noexcept;

  uv_loop_t* loop_;
  Ready ready_;
  std::unordered_map<uv_os_sock_t, Watch*> watches_;
};

/// One timer of a loop, let go in the loop's own time.
class UvTimer {
 public:
  UvTimer(uv_loop_t* loop, std::function<void()> fire);
  ~UvTimer();

  UvTimer(const UvTimer&) = delete;
  UvTimer& operator=(const UvTimer&) = delete;

  /// Fires once, after `milliseconds`; a start anew replaces the one before.
  void start(std::uint64_t milliseconds) noexcept;
  void stop() noexcept;
  [[nodiscard]] bool is_active() const noexcept;

 private:
  struct State;
  State* state_;
};

}  // namespace mta_sts
