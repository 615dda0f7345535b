#pragma once

#include <uv.h>

#include <functional>

namespace mta_sts::probe {

/// Runs `work` on one of libuv's worker threads, then `after` on the loop's. `work` touches nothing that the
/// loop's thread touches before `after`. Where libuv takes no work, both run at once on the loop's thread.
void run_on_worker(uv_loop_t* loop, std::function<void()> work, std::function<void()> after);

}  // namespace mta_sts::probe
