// The loop's end: what is still open on it is closed, and every close is called back before the loop goes.
#include "os/uv_loop.hpp"

#include <gtest/gtest.h>

#include "os/uv_handles.hpp"

namespace mta_sts {
namespace {

TEST(UvLoop, RunsUntilNothingIsWaitedFor) {
  const auto loop = UvLoop::create();
  ASSERT_NE(loop, nullptr);
  int fired = 0;
  UvTimer timer(loop->get(), [&] { ++fired; });
  timer.start(1);
  EXPECT_TRUE(timer.is_active());
  loop->run();
  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(loop->run_once());
}

TEST(UvLoop, CallsBackForWhatIsClosing) {
  bool is_closed = false;
  uv_timer_t handle{};
  {
    const auto loop = UvLoop::create();
    ASSERT_NE(loop, nullptr);
    ASSERT_EQ(uv_timer_init(loop->get(), &handle), 0);
    handle.data = &is_closed;
    uv_close(reinterpret_cast<uv_handle_t*>(&handle),
             [](uv_handle_t* closed) { *static_cast<bool*>(closed->data) = true; });
    EXPECT_FALSE(is_closed);
  }
  EXPECT_TRUE(is_closed);
}

TEST(UvLoop, EndsWithATimerThatWouldStillFire) {
  uv_timer_t handle{};
  {
    const auto loop = UvLoop::create();
    ASSERT_NE(loop, nullptr);
    ASSERT_EQ(uv_timer_init(loop->get(), &handle), 0);
    ASSERT_EQ(uv_timer_start(
                  &handle, [](uv_timer_t*) {}, 3600 * 1000, 0),
              0);
  }
  EXPECT_NE(uv_is_closing(reinterpret_cast<uv_handle_t*>(&handle)), 0);
}

}  // namespace
}  // namespace mta_sts
