#include "os/uv_loop.hpp"

#include <utility>

namespace mta_sts {

std::unique_ptr<UvLoop> UvLoop::create() {
  std::unique_ptr<UvLoop> loop(new UvLoop);
  loop->is_open_ = uv_loop_init(&loop->loop_) == 0;
  return loop->is_open_ ? std::move(loop) : nullptr;
}

void UvLoop::close() {
  if (!std::exchange(is_open_, false)) {
    return;
  }
  uv_walk(
      &loop_,
      [](uv_handle_t* handle, void*) {
        if (uv_is_closing(handle) == 0) {
          uv_close(handle, nullptr);
        }
      },
      nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);
  uv_loop_close(&loop_);
}

void UvLoop::run() {
  uv_run(&loop_, UV_RUN_DEFAULT);
}

bool UvLoop::run_once() {
  return uv_run(&loop_, UV_RUN_ONCE) != 0;
}

}  // namespace mta_sts
