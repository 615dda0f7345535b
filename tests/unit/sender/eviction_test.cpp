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
      {.live = Mode::enforce, .over_share = true},
      {.live = Mode::enforce, .over_share = true, .asked_again = true},
      {.live = Mode::enforce},
      {.live = Mode::enforce, .asked_again = true},
  };
  for (std::size_t i = 0; i + 1 < in_order.size(); ++i) {
    EXPECT_LT(eviction_rank(in_order[i]), eviction_rank(in_order[i + 1])) << i;
  }
  EXPECT_EQ(eviction_rank(in_order.back()), EvictionRank::must_stay);
}

TEST(EvictionRank, MailAndShareMakeNothingOfOtherModes) {
  EXPECT_EQ(eviction_rank({.live = Mode::testing, .over_share = true, .asked_again = true}),
            EvictionRank::testing);
  EXPECT_EQ(eviction_rank({.live = Mode::none, .asked_again = true}), EvictionRank::live_none);
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
