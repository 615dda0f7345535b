// What max_age fits a mode: a week is the border, and belongs to both sides.
#include <gtest/gtest.h>

#include "policy/policy.hpp"

namespace mta_sts {
namespace {

TEST(MaxAge, IsShortUnderAWeekWhereThePolicyIsEnforced) {
  EXPECT_TRUE(is_max_age_short(Mode::enforce, 0));
  EXPECT_TRUE(is_max_age_short(Mode::enforce, 604799));
  EXPECT_FALSE(is_max_age_short(Mode::enforce, 604800));
  EXPECT_FALSE(is_max_age_short(Mode::testing, 0));
  EXPECT_FALSE(is_max_age_short(Mode::none, 0));
}

TEST(MaxAge, IsLongOverAWeekWhereThePolicyIsTested) {
  EXPECT_FALSE(is_max_age_long(Mode::testing, 604800));
  EXPECT_TRUE(is_max_age_long(Mode::testing, 604801));
  EXPECT_FALSE(is_max_age_long(Mode::enforce, max_age_limit_seconds));
  EXPECT_FALSE(is_max_age_long(Mode::none, max_age_limit_seconds));
}

}  // namespace
}  // namespace mta_sts
