#include "sender/fetch/fetch_places.hpp"

#include <gtest/gtest.h>

namespace mta_sts::sender {
namespace {

using namespace std::chrono_literals;
using Time = FetchPlaces::Time;

IpAddress address(int number) {
  return *IpAddress::parse("192.0.2." + std::to_string(number));
}

class FetchPlacesTest : public testing::Test {
 protected:
  FetchPlaceLimits limits;
  std::optional<FetchPlaces> places;

  void SetUp() override { places.emplace(limits); }

  FetchPlaces::Ticket queue(int at, Time now = 0ms, FetchRank rank = FetchRank::first) {
    return places->queue(address(at), rank, now);
  }

  /// Begins all that can; gives how many did.
  std::size_t begin_all(Time now) {
    std::size_t number = 0;
    while (places->begin_next(now)) {
      ++number;
    }
    return number;
  }

  /// Has slow ones take every place at the first address, those apart too.
  void fill_address() {
    for (std::size_t i = 0; i < limits.slow_per_address + limits.places_per_address; ++i) {
      queue(1);
    }
    begin_all(0ms);
    begin_all(500ms);
    begin_all(1000ms);
    EXPECT_EQ(places->waiting(), 0U);
  }
};

TEST_F(FetchPlacesTest, GivesEachAddressItsPlacesAndAllTheirs) {
  for (int i = 0; i < 10; ++i) {
    queue(1);
  }
  EXPECT_EQ(begin_all(0ms), 4U);
  for (int i = 0; i < 100; ++i) {
    queue(2 + i);
  }
  EXPECT_EQ(begin_all(0ms), 60U);
  EXPECT_EQ(places->waiting(), 46U);
}

TEST_F(FetchPlacesTest, CountsASlowFetchApart) {
  for (int i = 0; i < 4; ++i) {
    queue(1);
  }
  EXPECT_EQ(begin_all(0ms), 4U);
  const auto healthy = queue(1);
  EXPECT_EQ(places->begin_next(499ms), std::nullopt);
  EXPECT_EQ(places->begin_next(500ms), healthy);
}

TEST_F(FetchPlacesTest, BeginsAtOnceWhereAnAddressIsSlowToSeveral) {
  for (int i = 0; i < 200; ++i) {
    queue(1);
  }
  EXPECT_EQ(begin_all(0ms), 4U);
  EXPECT_EQ(begin_all(500ms), limits.slow_per_address);  // beside them, and four with places of their own
  queue(2, 500ms);
  EXPECT_EQ(begin_all(500ms), 1U);
  places.emplace(limits);
  for (int i = 0; i < 4; ++i) {
    queue(1);
  }
  EXPECT_EQ(begin_all(0ms), 4U);
  for (int i = 0; i < 10; ++i) {
    queue(1, 500ms, FetchRank::again);
  }
  EXPECT_EQ(begin_all(500ms), 3U);  // a refresh is in no hurry
}

TEST_F(FetchPlacesTest, SeventySlowHostsLeavePlacesForOthers) {
  for (int i = 0; i < 70; ++i) {
    queue(i);
  }
  EXPECT_EQ(begin_all(0ms), 64U);
  EXPECT_EQ(begin_all(500ms), 6U);
  for (int i = 100; i < 106; ++i) {
    queue(i, 600ms);
  }
  EXPECT_EQ(begin_all(600ms), 6U);
}

TEST_F(FetchPlacesTest, GivesUpTheOldestSlowOneForAnotherOfItsAddress) {
  fill_address();
  const FetchPlaces::Ticket oldest = 1;
  const auto healthy = queue(1, 4500ms);
  EXPECT_EQ(places->begin_next(4800ms), std::nullopt);
  EXPECT_EQ(places->give_up(4800ms), std::nullopt);  // it has had too little time
  EXPECT_EQ(places->begin_next(5000ms), std::nullopt);
  EXPECT_EQ(places->give_up(5000ms), oldest);
  places->leave(oldest);
  EXPECT_EQ(places->begin_next(5000ms), healthy);
  EXPECT_EQ(places->give_up(60s), std::nullopt);  // nobody waits
}

TEST_F(FetchPlacesTest, GivesUpNothingForARefresh) {
  fill_address();
  queue(1, 5s, FetchRank::again);
  EXPECT_EQ(places->begin_next(20s), std::nullopt);
  EXPECT_EQ(places->give_up(20s), std::nullopt);
}

TEST_F(FetchPlacesTest, GivesUpTheOldestOfAllWhereAllAreSlow) {
  const auto oldest = queue(0);
  for (int i = 1; i < 400; ++i) {
    queue(i % 200);
  }
  std::size_t begun = 0;
  for (Time now = 0ms; now < 5000ms; now += 500ms) {
    begun += begin_all(now);
  }
  EXPECT_EQ(begun, 192U);
  EXPECT_EQ(places->give_up(5000ms), oldest);
}

TEST_F(FetchPlacesTest, KeepsAQuarterForDomainsWithoutAFailure) {
  for (int i = 0; i < 64; ++i) {
    queue(i, 0ms, FetchRank::again);
  }
  EXPECT_EQ(begin_all(0ms), 48U);
  for (int i = 0; i < 16; ++i) {
    queue(100 + i);
  }
  EXPECT_EQ(begin_all(0ms), 16U);
}

TEST_F(FetchPlacesTest, TakesTheUrgentFirstAndAddressesInTurn) {
  for (int i = 0; i < 60; ++i) {
    queue(i, 0ms, FetchRank::first);
  }
  begin_all(0ms);
  queue(200, 0ms, FetchRank::again);
  std::vector<FetchPlaces::Ticket> tickets;
  for (int i = 0; i < 4; ++i) {
    tickets.push_back(queue(101));
  }
  const auto other = queue(102);
  EXPECT_EQ(places->begin_next(0ms), tickets[0]);
  EXPECT_EQ(places->begin_next(0ms), other);  // not behind those of another address
  EXPECT_EQ(places->begin_next(0ms), tickets[1]);
}

TEST_F(FetchPlacesTest,
       OneNetworksAddressesAreOne) {  // who has one IPv6 network has more addresses than all others
  const auto at = [](int number) {
    return *IpAddress::parse("2001:db8:1:" + std::to_string(number) + "::" + std::to_string(number));
  };
  for (int i = 0; i < 1000; ++i) {
    places->queue(at(i), FetchRank::first, 0ms);
  }
  EXPECT_EQ(begin_all(0ms), limits.places_per_address);
  const auto healthy = places->queue(*IpAddress::parse("2001:db8:2::1"), FetchRank::first, 0ms);
  EXPECT_EQ(places->begin_next(0ms), healthy);
  EXPECT_EQ(places->waiting_at(at(900)).size(), 996U);
}

TEST_F(FetchPlacesTest, ForgetsWhatHasEndedOrWaitsNoMore) {
  const auto first = queue(1);
  EXPECT_EQ(begin_all(0ms), 1U);
  const auto second = queue(1);
  places->leave(second);
  places->leave(second);
  EXPECT_EQ(places->waiting(), 0U);
  EXPECT_EQ(places->begin_next(0ms), std::nullopt);
  places->leave(first);
  for (int i = 0; i < 5; ++i) {
    queue(1);
  }
  EXPECT_EQ(begin_all(0ms), 4U);
  EXPECT_EQ(places->waiting_at(address(1)).size(), 1U);
  EXPECT_EQ(places->waiting_since(60s, 59s).size(), 0U);
  EXPECT_EQ(places->waiting_since(60s, 60s).size(), 1U);
}

TEST_F(FetchPlacesTest, RemembersADeadAddressForAWhile) {
  places->note_dead(address(1), 0ms);
  EXPECT_TRUE(places->is_dead(address(1), 29999ms));
  EXPECT_FALSE(places->is_dead(address(1), 30000ms));
  EXPECT_FALSE(places->is_dead(address(2), 0ms));
  places->note_alive(address(1));
  EXPECT_FALSE(places->is_dead(address(1), 0ms));
}

}  // namespace
}  // namespace mta_sts::sender
