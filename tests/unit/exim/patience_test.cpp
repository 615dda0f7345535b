#include "patience.hpp"

#include <gtest/gtest.h>

namespace mta_sts::exim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Moment = Patience::Moment;

constexpr Moment start{seconds(1000)};

TEST(Patience, IsWholeWhereNothingWasLate) {
  EXPECT_EQ(Patience().wait(seconds(10), start), seconds(10));
  EXPECT_EQ(Patience().wait(milliseconds(1500), start), milliseconds(1500));
}

TEST(Patience, HalvesWithEachDeadlineDownToTwoSeconds) {
  Patience patience;
  for (const milliseconds wanted :
       {milliseconds(5000), milliseconds(2500), milliseconds(2000), milliseconds(2000)}) {
    patience.note_deadline(start);
    EXPECT_EQ(patience.wait(seconds(10), start), wanted);
  }
  EXPECT_EQ(patience.wait(seconds(1), start), seconds(1));  // never longer than asked for
}

TEST(Patience, ComesBackAfterAMinute) {
  Patience patience;
  patience.note_deadline(start);
  patience.note_deadline(start + seconds(30));
  EXPECT_EQ(patience.wait(seconds(10), start + seconds(59)), milliseconds(2500));
  EXPECT_EQ(patience.wait(seconds(10), start + seconds(60)), seconds(5));
  EXPECT_EQ(patience.wait(seconds(10), start + seconds(90)), seconds(10));
}

TEST(Patience, HasABoundForAnyNumberOfDeadlines) {
  Patience patience;
  for (int i = 0; i < 100; ++i) {
    patience.note_deadline(start);
  }
  EXPECT_EQ(patience.wait(seconds(300), start), Patience::least);
}

}  // namespace
}  // namespace mta_sts::exim
