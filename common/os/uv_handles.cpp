#include "os/uv_handles.hpp"

#include <memory>
#include <utility>

#include "base/guarded.hpp"

namespace mta_sts {

struct UvPollSet::Watch {
  uv_poll_t handle{};
  UvPollSet* set = nullptr;
  uv_os_sock_t socket = -1;
};

UvPollSet::~UvPollSet() {
  while (!watches_.empty()) {
    forget(watches_.begin()->first);
  }
}

bool UvPollSet::watch(uv_os_sock_t socket, bool readable, bool writable) noexcept {
  return guarded(false, [&] {
    if (!readable && !writable) {
      forget(socket);
      return true;
    }
    auto found = watches_.find(socket);
    if (found == watches_.end()) {
      auto watch = std::make_unique<Watch>();
      watch->set = this;
      watch->socket = socket;
      found = watches_.emplace(socket, watch.get()).first;
      if (uv_poll_init_socket(loop_, &watch->handle, socket) != 0) {
        watches_.erase(found);
        return false;
      }
      watch->handle.data = watch.get();
      static_cast<void>(watch.release());  // the handle's close callback has it from now on
    }
    const int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    return uv_poll_start(&found->second->handle, events, &UvPollSet::on_poll) == 0;
  });
}

void UvPollSet::forget(uv_os_sock_t socket) noexcept {
  const auto found = watches_.find(socket);
  if (found == watches_.end()) {
    return;
  }
  Watch* watch = found->second;
  watches_.erase(found);
  watch->set = nullptr;
  uv_poll_stop(&watch->handle);
  uv_close(reinterpret_cast<uv_handle_t*>(&watch->handle),
           [](uv_handle_t* handle) { delete static_cast<Watch*>(handle->data); });
}

void UvPollSet::on_poll(uv_poll_t* handle, int status, int events) noexcept {
  const auto* watch = static_cast<Watch*>(handle->data);
  if (watch->set == nullptr) {
    return;
  }
  const bool failed = status < 0;
  // The callback may end this watch: nothing of it is touched behind the call.
  guarded_void([&] {
    watch->set->ready_(watch->socket, failed || (events & UV_READABLE) != 0,
                       failed || (events & UV_WRITABLE) != 0);
  });
}

struct UvTimer::State {
  uv_timer_t handle{};
  std::function<void()> fire;
};

UvTimer::UvTimer(uv_loop_t* loop, std::function<void()> fire) : state_(new State) {
  state_->fire = std::move(fire);
  // A timer is always made, stopped, and started where it has a callback and is not closing: libuv's results
  // for timers say nothing here.
  uv_timer_init(loop, &state_->handle);
  state_->handle.data = state_;
}

UvTimer::~UvTimer() {
  state_->fire = nullptr;
  uv_timer_stop(&state_->handle);
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->handle),
           [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
}

void UvTimer::start(std::uint64_t milliseconds) noexcept {
  uv_timer_start(
      &state_->handle,
      [](uv_timer_t* handle) {
        const auto* state = static_cast<State*>(handle->data);
        if (state->fire) {
          guarded_void([&] { state->fire(); });
        }
      },
      milliseconds, 0);
}

void UvTimer::stop() noexcept {
  uv_timer_stop(&state_->handle);
}

bool UvTimer::is_active() const noexcept {
  return uv_is_active(reinterpret_cast<const uv_handle_t*>(&state_->handle)) != 0;
}

}  // namespace mta_sts
