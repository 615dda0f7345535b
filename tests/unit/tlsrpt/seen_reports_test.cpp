#include "tlsrpt/model/seen_reports.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace mta_sts::tlsrpt {
namespace {

TEST(SeenReports, KeepsTheFirstOfEachKey) {
  SeenReports seen;
  for (std::uint64_t i = 0; i < 5000; ++i) {  // grows on the way; neighbours and keys that differ high up
    const std::uint64_t key = i % 2 == 0 ? i : i << 50;
    ASSERT_EQ(seen.find_or_add({.key = key, .content = i}), nullptr) << i;
  }
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const std::uint64_t key = i % 2 == 0 ? i : i << 50;
    const SeenReport* const before = seen.find_or_add({.key = key});
    ASSERT_NE(before, nullptr) << i;
    EXPECT_EQ(before->content, i);
  }
}

TEST(SeenReports, KeepsAReportWhoseHashIsZero) {
  SeenReports seen;
  EXPECT_EQ(seen.find_or_add({}), nullptr);
  EXPECT_NE(seen.find_or_add({}), nullptr);
  EXPECT_EQ(seen.find_or_add({.key = 1}), nullptr);
}

}  // namespace
}  // namespace mta_sts::tlsrpt
