#include "tlsrpt/model/reporting_days.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

#include "unit/tlsrpt/watch.hpp"

namespace mta_sts::tlsrpt {
namespace {

void reports(Watched& watched, std::string_view sender, std::initializer_list<int> ages) {
  for (const int age : ages) {
    add(watched, {.age = age, .sessions = {1, 0}, .sender = sender});
  }
}

// The names of those that have stopped beside one that goes on.
std::string stopped(std::initializer_list<int> ages) {
  Watched watched = three_days();
  reports(watched, "Goes on", {1});
  reports(watched, "Sender", ages);
  std::string names;
  for (const auto& one : watched.senders.silent(10)) {
    names += one.name + (one.is_long_ago ? " long ago" : "");
    EXPECT_EQ(one.last, ago(*(ages.end() - 1)));
  }
  return names;
}

TEST(ReportingDays, TellWhoHasStopped) {
  EXPECT_EQ(stopped({8, 7, 6, 5, 4}), "Sender");
  EXPECT_EQ(stopped({8, 7, 6, 5, 4, 3}), "");  // two days are missing
  EXPECT_EQ(stopped({7, 6, 5, 4}), "");        // four days make no habit
  EXPECT_EQ(stopped({27, 26, 25, 24, 23}), "Sender long ago");
  EXPECT_EQ(stopped({40, 39, 38, 37, 36}), "");
}

TEST(ReportingDays, KnowABreakByTheBreaksBefore) {
  EXPECT_EQ(stopped({16, 13, 12, 11, 10, 9, 6}), "");  // a week with a weekend
  EXPECT_EQ(stopped({17, 14, 13, 12, 11, 10, 8}), "Sender");
}

TEST(ReportingDays, TellNothingWhereAllHaveStopped) {
  Watched watched = three_days();
  reports(watched, "Sender", {9, 8, 7, 6, 5});
  reports(watched, "Other", {9, 8, 7, 6, 5});
  EXPECT_TRUE(watched.senders.silent(10).empty());
}

TEST(ReportingDays, KnowASenderThatIsLateAsEver) {
  Watched watched = three_days();
  reports(watched, "Goes on", {1});
  for (int age = 9; age > 3; --age) {
    add(watched, {.age = age, .sessions = {1, 0}, .sender = "Late", .came = age - 4});
  }
  EXPECT_TRUE(watched.senders.silent(10).empty());
}

TEST(ReportingDays, AreAtMostAsManyAsAskedFor) {
  Watched watched = three_days();
  reports(watched, "Goes on", {1});
  reports(watched, "A", {9, 8, 7, 6, 5});
  reports(watched, "B", {9, 8, 7, 6, 5});
  EXPECT_EQ(watched.senders.silent(10).size(), 2U);
  EXPECT_EQ(watched.senders.silent(1).size(), 1U);
  EXPECT_TRUE(watched.senders.goes_on("Goes on"));
  EXPECT_FALSE(watched.senders.goes_on("A"));
  EXPECT_FALSE(watched.senders.goes_on("C"));
}

}  // namespace
}  // namespace mta_sts::tlsrpt
