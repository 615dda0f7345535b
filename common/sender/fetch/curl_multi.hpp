#pragma once

#include <curl/curl.h>
#include <uv.h>

#include <cstdint>
#include <functional>
#include <utility>

#include "os/uv_handles.hpp"

namespace mta_sts::sender {

/// A multi handle of libcurl on a libuv loop, with its sockets and timer.
struct CurlMulti {
  /// `step` is called behind each step of libcurl; `watched` for a transfer whose socket the loop was asked
  /// to watch, with whether it could.
  CurlMulti(uv_loop_t* loop, std::function<void()> step, void (*watched)(CURL* transfer, bool done) noexcept)
      : handle(curl_multi_init()),
        after_step(std::move(step)),
        on_watched(watched),
        sockets(loop,
                [this](uv_os_sock_t socket, bool readable, bool writable) {
                  act(socket, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
                }),
        timer(loop, [this] { act(CURL_SOCKET_TIMEOUT, 0); }) {}

  ~CurlMulti() { curl_multi_cleanup(handle); }

  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  [[nodiscard]] bool start() {
    return handle != nullptr &&
           curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, &CurlMulti::on_socket) == CURLM_OK &&
           curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, this) == CURLM_OK &&
           curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, &CurlMulti::on_timer) == CURLM_OK &&
           curl_multi_setopt(handle, CURLMOPT_TIMERDATA, this) == CURLM_OK;
  }

  void act(curl_socket_t socket, int events) {
    int running = 0;
    curl_multi_socket_action(handle, socket, events, &running);
    after_step();
  }

  static int on_socket(CURL* transfer, curl_socket_t socket, int what, void* self, void*) noexcept {
    const bool readable = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
    const bool writable = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
    auto* multi = static_cast<CurlMulti*>(self);
    // An error here would end the whole multi handle; a socket that cannot be watched ends by its own
    // deadline.
    const bool done = multi->sockets.watch(socket, readable, writable);
    if (readable || writable) {
      multi->on_watched(transfer, done);
    }
    return 0;
  }

  static int on_timer(CURLM*, long milliseconds, void* self) noexcept {
    auto* multi = static_cast<CurlMulti*>(self);
    if (milliseconds < 0) {
      multi->timer.stop();
    } else {
      multi->timer.start(static_cast<std::uint64_t>(milliseconds));
    }
    return 0;
  }

  CURLM* handle;
  std::function<void()> after_step;
  void (*on_watched)(CURL* transfer, bool done) noexcept;
  UvPollSet sockets;
  UvTimer timer;
};

}  // namespace mta_sts::sender
