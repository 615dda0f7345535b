#include "sender/decide/eviction.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mta_sts::sender {
namespace {

TEST(EvictionRank, PutsWhatIsLiveAndEnforcedLast) {  // R95
  const std::vector<EvictionView> in_order{
      {.live = std::nullopt, .means_something = false},
      {.live = Mode::none},
      {.live = std::nullopt},
      {.live = Mode::testing},
      {.live = Mode::enforce},
      {.live = Mode::enforce, .asked_again = true},
  };
  for (std::size_t i = 0; i + 1 < in_order.size(); ++i) {
    EXPECT_LT(eviction_rank(in_order[i]), eviction_rank(in_order[i + 1])) << i;
  }
}

TEST(EvictionRank, MailMakesNothingOfOtherModes) {
  EXPECT_EQ(eviction_rank({.live = Mode::testing, .asked_again = true}), EvictionRank::testing);
  EXPECT_EQ(eviction_rank({.live = Mode::none, .asked_again = true}), EvictionRank::live_none);
}

TEST(FairShare, IsOnePlaceAtLeast) {
  EXPECT_EQ(fair_share(100000, 1), 100000U);
  EXPECT_EQ(fair_share(100000, 4), 25000U);
  EXPECT_EQ(fair_share(100000, 1010), 99U);
  EXPECT_EQ(fair_share(100000, 200000), 1U);
  EXPECT_EQ(fair_share(0, 0), 1U);
}

TEST(RoomFrom, IsTheLargestHolderOnlyForOneWithinItsShare) {
  using enum RoomFrom;
  struct Case {
    ShareView share;
    RoomFrom wanted;
  };
  const std::vector<Case> cases{
      {{.limit = 1000, .holders = 5, .own = 1, .largest = 250}, largest_holder},    // four strangers
      {{.limit = 1000, .holders = 5, .own = 200, .largest = 201}, largest_holder},  // the last within it
      {{.limit = 1000, .holders = 5, .own = 201, .largest = 400}, own_holder},
      {{.limit = 1000, .holders = 5, .own = 401, .largest = 400}, own_holder},
      {{.limit = 1000, .holders = 1, .own = 1001, .largest = 1000}, own_holder},  // nobody else
      {{.limit = 1000, .holders = 1001, .own = 1, .largest = 1}, nobody},         // one place for each is all
      {{.limit = 1000, .holders = 900, .own = 1, .largest = 2}, largest_holder},
      {{.limit = 1000, .holders = 900, .own = 2, .largest = 2}, own_holder},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(room_from(one.share), one.wanted) << one.share.holders << " " << one.share.own;
  }
}

// Whoever is within the share finds room, and nobody goes below it: by arithmetic, whatever the others have.
TEST(RoomFrom, IsSomebodyWhereverTheEntryIsWithinTheShareOfAFullCache) {
  constexpr std::size_t limit = 5000;
  for (const std::size_t strangers : {1U, 4U, 10U, 1000U}) {
    for (const std::size_t known : {0U, 1U, 40U, 400U}) {
      const std::size_t of_strangers = limit - known;
      const std::size_t largest = (of_strangers + strangers - 1) / strangers;  // as even as can be
      const ShareView share{.limit = limit, .holders = strangers + known + 1, .own = 1, .largest = largest};
      EXPECT_EQ(room_from(share), RoomFrom::largest_holder) << strangers << " " << known;
      EXPECT_GT(largest, fair_share(limit, share.holders)) << strangers << " " << known;
    }
  }
}

TEST(HolderOf, IsAnAddressOrACustomersPrefix) {
  EXPECT_EQ(holder_of(""), 0U);
  EXPECT_EQ(holder_of("no address"), 0U);
  EXPECT_NE(holder_of("192.0.2.1"), 0U);
  EXPECT_NE(holder_of("192.0.2.1"), holder_of("192.0.2.2"));
  EXPECT_NE(holder_of("0.0.0.0"), 0U);
  EXPECT_EQ(holder_of("2001:db8:1:2::1"), holder_of("2001:db8:1:3::9"));
  EXPECT_NE(holder_of("2001:db8:1::1"), holder_of("2001:db8:2::1"));
  EXPECT_NE(holder_of("::"), holder_of("0.0.0.0"));
}

}  // namespace
}  // namespace mta_sts::sender
