#include "base/utc_time.hpp"

#include <gtest/gtest.h>

namespace mta_sts {
namespace {

std::string text_of(std::int64_t seconds) {
  return utc_text(std::chrono::sys_seconds(std::chrono::seconds(seconds)));
}

TEST(UtcText, IsADateForPeople) {
  EXPECT_EQ(text_of(0), "1970-01-01 00:00:00 UTC");
  EXPECT_EQ(text_of(951827696), "2000-02-29 12:34:56 UTC");
  EXPECT_EQ(text_of(1796505368), "2026-12-05 21:16:08 UTC");
  EXPECT_EQ(text_of(253402300799), "9999-12-31 23:59:59 UTC");
}

TEST(UtcText, GivesTheNumberWhereThereIsNoSuchDate) {
  EXPECT_EQ(text_of(-1), "-1");
  EXPECT_EQ(text_of(253402300800), "253402300800");
}

TEST(IsoText, IsADateForPrograms) {
  const auto iso = [](std::int64_t seconds) {
    return iso_text(std::chrono::sys_seconds(std::chrono::seconds(seconds)));
  };
  EXPECT_EQ(iso(951827696), "2000-02-29T12:34:56Z");
  EXPECT_EQ(iso(-1), "-1");
}

}  // namespace
}  // namespace mta_sts
