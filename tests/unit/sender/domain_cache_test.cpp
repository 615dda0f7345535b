#include "sender/decide/domain_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "unit/sender/fakes.hpp"

namespace mta_sts::sender {
namespace {

using namespace std::chrono_literals;
using namespace fakes;

class DomainCacheTest : public testing::Test {
 protected:
  std::chrono::sys_seconds now{std::chrono::seconds(1'000'000'000)};
  std::vector<std::string> dropped;

  DomainCache make(std::size_t entries, std::size_t bytes = 1U << 20U) {
    return {{.entries = entries, .bytes = bytes, .row_bytes = bytes},
            [this](const std::string& domain, const DomainEntry&) { dropped.push_back(domain); }};
  }
  void add(DomainCache& cache, const std::string& domain, std::string_view mode,
           std::uint64_t max_age = 86400) {
    DomainEntry* entry = cache.remember(domain, {.rank = EvictionRank::enforce_asked_once}, now);
    ASSERT_NE(entry, nullptr) << domain;
    entry->asks = 2;
    if (!mode.empty()) {
      const FetchResult result = serves(mode, max_age);
      static_cast<void>(
          entry->state.conclude(Occasion::lookup, {.outcome = TxtOutcome::ok, .id = "A"}, &result, now));
    } else {
      entry->txt.asked = now;
      entry->txt.until = now + 60s;
    }
    cache.recount(domain, now);
  }
};

TEST_F(DomainCacheTest, DropsWhatCostsLeastFirst) {  // R95
  DomainCache cache = make(5);
  add(cache, "testing.example", "testing");
  add(cache, "absent.example", "");
  add(cache, "none.example", "none");
  add(cache, "enforce.example", "enforce");
  add(cache, "short.example", "enforce", 10);
  now += 20s;
  for (const char* domain : {"n1.example", "n2.example", "n3.example", "n4.example"}) {
    add(cache, domain, "enforce");
  }
  EXPECT_EQ(dropped,
            (std::vector<std::string>{"short.example", "none.example", "absent.example", "testing.example"}));
  EXPECT_EQ(cache.remember("n5.example", {.rank = EvictionRank::enforce_asked_once}, now), nullptr);
  EXPECT_NE(cache.find("enforce.example"), nullptr);
  EXPECT_EQ(cache.size(), 5U);
}

TEST_F(DomainCacheTest, CountsMemoryAndGivesItBack) {
  DomainCache cache = make(1000, 20000);
  for (int i = 0; i < 500; ++i) {
    add(cache, "d" + std::to_string(i) + ".example", "none");
  }
  EXPECT_LE(cache.bytes(), 20000U);
  EXPECT_GT(cache.size(), 10U);
  std::vector<std::string> left;
  cache.visit_all([&](const std::string& domain, const DomainEntry&) { left.push_back(domain); });
  for (const std::string& domain : left) {
    EXPECT_TRUE(cache.erase(domain));
  }
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST_F(DomainCacheTest, VisitsEveryEntryInItsTurn) {
  DomainCache cache = make(1000);
  for (int i = 0; i < 300; ++i) {
    add(cache, "d" + std::to_string(i) + ".example", "enforce");
  }
  std::map<std::string, int> seen;
  for (int i = 0; i < 60; ++i) {
    cache.visit_some(60, [&](const std::string& domain, DomainEntry&) { return ++seen[domain] < 1000; });
  }
  EXPECT_EQ(seen.size(), 300U);
  for (int i = 0; i < 60; ++i) {
    cache.visit_some(60, [](const std::string&, DomainEntry&) { return false; });
  }
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.bytes(), 0U);
}

/// A cache in which strangers' and other policies, all live and enforce, ask for places.
class DomainCacheShareTest : public testing::Test {
 protected:
  static constexpr std::size_t limit = 4000;
  std::chrono::sys_seconds now{std::chrono::seconds(1'000'000'000)};
  std::set<std::string> dropped;
  DomainCache cache{{.entries = limit, .bytes = 64U << 20U, .row_bytes = 8U << 20U},
                    [this](const std::string& domain, const DomainEntry&) { dropped.insert(domain); }};

  /// Has a policy fetched from a holder, and mail sent there so often. False: it is not kept.
  bool learn(const std::string& domain, std::uint64_t holder, int asks = 1, std::size_t row = 400) {
    now += 1s;
    DomainEntry* entry =
        cache.remember(domain, {.rank = EvictionRank::enforce_asked_once, .holder = holder}, now);
    if (entry == nullptr) {
      return false;
    }
    entry->asks = static_cast<std::uint8_t>(asks);
    entry->asked_at = static_cast<std::uint32_t>(now.time_since_epoch().count());
    entry->holder = holder;
    entry->row_bytes = static_cast<std::uint32_t>(row);
    const FetchResult result = serves("enforce", 31557600);
    static_cast<void>(
        entry->state.conclude(Occasion::lookup, {.outcome = TxtOutcome::ok, .id = "A"}, &result, now));
    return cache.recount(domain, now);
  }

  static std::string name(std::string_view of, std::size_t i) {
    return std::string(of) + std::to_string(i) + ".example";
  }
  [[nodiscard]] bool knows(const std::string& domain) const { return cache.find(domain) != nullptr; }
  [[nodiscard]] bool knows_all(std::string_view of, std::size_t number) const {
    for (std::size_t i = 0; i < number; ++i) {
      if (!knows(name(of, i))) {
        return false;
      }
    }
    return true;
  }
};

constexpr std::uint64_t first_bank = 1;
constexpr std::uint64_t first_new_bank = 1000;
constexpr std::uint64_t provider = 9999;
constexpr std::uint64_t first_stranger = 10000;

TEST_F(DomainCacheShareTest, StrangersHoldersHoweverManyTakeNobodysPlace) {  // R85, R95
  for (const std::size_t strangers : {1U, 4U, 10U, 1000U}) {
    const std::string run = std::to_string(strangers);
    cache = DomainCache{{.entries = limit, .bytes = 64U << 20U, .row_bytes = 8U << 20U},
                        [](const std::string&, const DomainEntry&) {}};
    for (std::size_t i = 0; i < 40; ++i) {
      ASSERT_TRUE(learn(name("known", i), first_bank + i));
    }
    const auto attack = [&](const std::string& of) {
      for (std::size_t i = 0; i < 2 * limit; ++i) {
        static_cast<void>(learn(name(of, i), first_stranger + i % strangers, 3));
      }
    };
    attack("first");
    EXPECT_EQ(cache.size(), limit) << run;
    for (std::size_t i = 0; i < 40; ++i) {
      EXPECT_TRUE(learn(name("new", i), first_new_bank + i)) << run << " " << i;
    }
    attack("second");
    EXPECT_TRUE(knows_all("known", 40)) << run;
    EXPECT_TRUE(knows_all("new", 40)) << run;
    EXPECT_EQ(cache.size(), limit) << run;
  }
}

TEST_F(DomainCacheShareTest, LargeRowsOfStrangersTakeNobodysPlaceInTheFile) {
  for (std::size_t i = 0; i < 40; ++i) {
    ASSERT_TRUE(learn(name("known", i), first_bank + i));
  }
  for (std::size_t i = 0; i < 1000; ++i) {
    static_cast<void>(learn(name("stranger", i), first_stranger + i % 10, 3, 62000));
    ASSERT_LE(cache.row_bytes(), (8U << 20U) + 4096U * 40U);
  }
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_TRUE(learn(name("new", i), first_new_bank + i, 1, 20000)) << i;
    EXPECT_LE(cache.row_bytes(), 8U << 20U);
  }
  EXPECT_TRUE(knows_all("known", 40));
  EXPECT_TRUE(knows_all("new", 40));
}

TEST_F(DomainCacheShareTest, ALargeProviderLosesNothingWhileThereIsRoom) {
  for (std::size_t i = 0; i < 3000; ++i) {
    ASSERT_TRUE(learn(name("hosted", i), provider));
  }
  for (std::size_t i = 0; i < 1000; ++i) {
    ASSERT_TRUE(learn(name("stranger", i), first_stranger + i, 3));
  }
  EXPECT_TRUE(dropped.empty());
}

TEST_F(DomainCacheShareTest, StrangersOverTheirShareTakeNothingOfALargeProvider) {
  for (std::size_t i = 0; i < 2000; ++i) {
    ASSERT_TRUE(learn(name("hosted", i), provider));
  }
  for (std::size_t i = 0; i < 200; ++i) {
    ASSERT_TRUE(learn(name("known", i), first_bank + i));
  }
  for (std::size_t i = 0; i < 10000; ++i) {
    static_cast<void>(learn(name("stranger", i), first_stranger + i % 4, 3));
  }
  EXPECT_TRUE(knows_all("hosted", 2000));
  EXPECT_TRUE(knows_all("known", 200));
}

TEST_F(DomainCacheShareTest, WhatTheLargestHolderUsesLeastGoesFirst) {
  for (std::size_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(learn(name("rare", i), provider, 2));
  }
  for (std::size_t i = 0; i < 50; ++i) {
    ASSERT_TRUE(learn(name("once", i), provider, 1));
  }
  for (std::size_t i = 0; i < 106; ++i) {
    ASSERT_TRUE(learn(name("often", i), provider, 200));
  }
  for (std::size_t i = 0; cache.size() < limit; ++i) {
    ASSERT_TRUE(learn(name("known", i), first_bank + i / 2));  // two for each
  }
  for (std::size_t i = 0; i < 50; ++i) {
    ASSERT_TRUE(learn(name("new", i), first_stranger + i));
  }
  EXPECT_EQ(dropped.size(), 50U);
  EXPECT_TRUE(std::ranges::all_of(dropped, [](const auto& domain) { return domain.starts_with("once"); }));
  ASSERT_TRUE(learn("last.example", first_stranger + 50));
  EXPECT_FALSE(knows("rare0.example"));
}

TEST_F(DomainCacheShareTest, AHolderBeyondItsShareTakesTheLeastOfItsOwn) {
  ASSERT_TRUE(learn("once.hosted.example", provider));
  for (std::size_t i = 0; cache.size() < limit - 1; ++i) {
    ASSERT_TRUE(learn(name("hosted", i), provider, 2));
  }
  ASSERT_TRUE(learn("once.other.example", first_bank));
  EXPECT_TRUE(learn("new.hosted.example", provider, 2));
  EXPECT_EQ(dropped, std::set<std::string>{"once.hosted.example"});
  EXPECT_FALSE(learn("newer.hosted.example", provider));  // mail goes to each of the others again
  EXPECT_EQ(cache.size(), limit);
}

TEST_F(DomainCacheShareTest, PoliciesOfNoKnownHolderCountForOne) {
  for (std::size_t i = 0; i < limit; ++i) {
    ASSERT_TRUE(learn(name("old", i), 0, 2));
  }
  EXPECT_TRUE(learn("bank.example", first_bank));
  EXPECT_EQ(dropped.size(), 1U);
  EXPECT_FALSE(learn("new.example", 0));
}

TEST_F(DomainCacheShareTest, AsManyHoldersAsPlacesLeaveNoneForMore) {  // what remains of the attack
  for (std::size_t i = 0; i < limit; ++i) {
    ASSERT_TRUE(learn(name("stranger", i), first_stranger + i, 2));
  }
  EXPECT_FALSE(learn("bank.example", first_bank));
  EXPECT_TRUE(dropped.empty());
}

}  // namespace
}  // namespace mta_sts::sender
