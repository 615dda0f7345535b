#include "base/log_limit.hpp"

#include <gtest/gtest.h>

namespace mta_sts {
namespace {

using std::chrono::milliseconds;

TEST(LogLimit, LetsOneLineAMinuteThrough) {
  LogLimit limit;
  EXPECT_TRUE(limit.take(milliseconds(5)));
  EXPECT_FALSE(limit.take(milliseconds(5)));
  EXPECT_FALSE(limit.take(milliseconds(60'004)));
  EXPECT_TRUE(limit.take(milliseconds(60'005)));
  EXPECT_FALSE(limit.take(milliseconds(60'005)));
}

}  // namespace
}  // namespace mta_sts
