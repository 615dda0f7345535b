// A deadline on the monotonic clock: what is left of it, and which of two comes first.
#include "base/deadline.hpp"

#include <gtest/gtest.h>

namespace mta_sts {
namespace {

using namespace std::chrono_literals;

TEST(Deadline, HasNothingLeftOnceItHasPassed) {
  const Deadline past(std::chrono::steady_clock::now() - 1h);
  EXPECT_TRUE(past.passed());
  EXPECT_EQ(past.left(), 0ms);
}

TEST(Deadline, CountsDown) {
  const Deadline deadline = Deadline::in(1h);
  EXPECT_FALSE(deadline.passed());
  EXPECT_GT(deadline.left(), 0ms);
  EXPECT_LE(deadline.left(), 1h);
}

TEST(Deadline, IsTheEarlierOfTwo) {
  const auto now = std::chrono::steady_clock::now();
  const Deadline past(now - 1s);
  const Deadline later(now + 1h);
  EXPECT_TRUE(past.earlier(later).passed());
  EXPECT_TRUE(later.earlier(past).passed());
  EXPECT_FALSE(later.earlier(Deadline(now + 2h)).passed());
}

}  // namespace
}  // namespace mta_sts
