#include "sender/share/shared_fetch.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "sender/share/shared_value.hpp"
#include "unit/sender/failed_fetches.hpp"
#include "unit/sender/verdict_service_fixture.hpp"

namespace mta_sts::sender {
namespace {

using namespace std::chrono_literals;
using namespace fakes;

/// Keeps what it is asked until the test answers.
class FakeShare final : public PolicyShare {
 public:
  bool ready = true;
  std::deque<Found> finds;
  std::deque<Claimed> claims;
  std::deque<std::pair<std::chrono::milliseconds, std::function<void()>>> wakes;
  std::map<std::string, std::string> values;
  std::vector<std::string> released;
  std::chrono::sys_seconds until;

  [[nodiscard]] bool is_ready() const override { return ready; }
  void find(const DomainName&, Found found) override { finds.push_back(std::move(found)); }
  void claim(const DomainName&, Claimed claimed) override { claims.push_back(std::move(claimed)); }
  void put(const DomainName& domain, std::string_view value, std::chrono::sys_seconds end) override {
    values[domain.text()] = value;
    until = end;
  }
  void release(const DomainName& domain) override { released.push_back(domain.text()); }
  void call_later(std::chrono::milliseconds after, std::function<void()> wake) override {
    wakes.emplace_back(after, std::move(wake));
  }

  void found(ShareAnswer answer) { take(finds)(std::move(answer)); }
  void claimed(bool taken, ShareAnswer answer) {
    take(claims)({.taken = taken, .answer = std::move(answer)});
  }
  /// Wakes the oldest that waits for so long.
  void wake(std::chrono::milliseconds after) {
    const auto due = std::ranges::find_if(wakes, [&](const auto& wake) { return wake.first == after; });
    ASSERT_NE(due, wakes.end());
    const auto call = std::move(due->second);
    wakes.erase(due);
    call();
  }

 private:
  template <typename Call>
  static Call take(std::deque<Call>& calls) {
    Call call = std::move(calls.front());
    calls.pop_front();
    return call;
  }
};

const ShareAnswer nothing{.kind = ShareAnswer::Kind::nothing, .value = {}};
const ShareAnswer gone{};

ShareAnswer value(std::string text) {
  return {.kind = ShareAnswer::Kind::value, .value = std::move(text)};
}

class SharedFetchTest : public testing::Test {
 protected:
  FakeClock clock;
  FakeLog log;
  FakeFetch own;
  FakeShare share;
  FakeDns dns;
  FakeStore store;
  SharedValueForm form{std::string(32, 'k')};
  SharedFetch fetch{own, share, form, clock, log};
  std::unique_ptr<VerdictService> service;
  std::vector<Verdict> verdicts;

  void SetUp() override { service = std::make_unique<VerdictService>(dns, fetch, store, clock, log); }

  /// Asks for a domain whose record has this id.
  void ask(std::string_view id = "A") {
    service->ask("example.com", [this](const Verdict& verdict) { verdicts.push_back(verdict); });
    if (!dns.open.empty()) {
      dns.answer(id_is(id));
    }
  }
  ShareAnswer shared(std::string_view mode, std::chrono::seconds age = 10s, std::string_view id = "A") {
    return value(form.render(*DomainName::parse("example.com"), id,
                             *serves(mode, 604800, "shared.example.com"), clock.time - age));
  }
  std::uint64_t counter(std::string_view name) {
    for (const auto& [found, count] : fetch.counters()) {
      if (found == name) {
        return count;
      }
    }
    return 9999;
  }
};

TEST_F(SharedFetchTest, TakesWhatAnotherHostHasFetched) {
  ask();
  share.found(shared("enforce", 100s));
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].mode, VerdictMode::enforce);
  EXPECT_EQ(verdicts[0].mx, std::vector<std::string>{"shared.example.com"});
  EXPECT_EQ(verdicts[0].source, VerdictSource::cache);
  EXPECT_EQ(verdicts[0].expires, clock.time - 100s + 604800s);
  EXPECT_EQ(own.asked, 0U);
  EXPECT_EQ(store.rows.at("example.com").policy->fetched, clock.time - 100s);
  EXPECT_EQ(counter("shared_cache_hits_total"), 1U);
}

TEST_F(SharedFetchTest, GivesTheOthersWhatItFetches) {
  ask();
  share.found(nothing);
  share.claimed(true, nothing);
  ASSERT_EQ(own.asked, 1U);
  own.answer(serves("enforce", 604800));
  EXPECT_EQ(verdicts.at(0).source, VerdictSource::fetch);
  const auto put = form.parse(*DomainName::parse("example.com"), share.values.at("example.com"), clock.time);
  ASSERT_TRUE(put);
  EXPECT_EQ(put->id, "A");
  EXPECT_EQ(share.until, clock.time + 604800s);
  EXPECT_EQ(counter("shared_cache_misses_total"), 1U);
}

TEST_F(SharedFetchTest, KeepsAFailureForItself) {
  ask();
  share.found(nothing);
  share.claimed(true, nothing);
  own.answer(breaks());
  EXPECT_EQ(verdicts.at(0).reason, "connect-failure");
  EXPECT_TRUE(share.values.empty());
  EXPECT_EQ(share.released, std::vector<std::string>{"example.com"});
}

TEST_F(SharedFetchTest, KeepsAPolicyForOneDeliveryForItself) {  // P3
  ask();
  share.found(nothing);
  share.claimed(true, nothing);
  own.answer(serves("enforce", 0));
  EXPECT_EQ(verdicts.at(0).mode, VerdictMode::enforce);
  EXPECT_TRUE(share.values.empty());
  EXPECT_EQ(share.released.size(), 1U);
}

TEST_F(SharedFetchTest, WaitsForTheHostThatFetches) {
  ask();
  share.found(nothing);
  share.claimed(false, nothing);
  EXPECT_EQ(own.asked, 0U);
  share.wake(50ms);
  share.claimed(false, nothing);
  share.wake(100ms);
  share.claimed(false, shared("testing"));
  EXPECT_EQ(verdicts.at(0).mode, VerdictMode::testing);
  EXPECT_EQ(own.asked, 0U);
  EXPECT_EQ(counter("shared_cache_waits_total"), 1U);
  share.wake(SharedFetch::wait_limit);  // nobody waits any more
  EXPECT_EQ(own.asked, 0U);
  EXPECT_EQ(counter("shared_cache_waits_in_vain_total"), 0U);
}

TEST_F(SharedFetchTest, TakesOverAClaimThatWasGivenUp) {
  ask();
  share.found(nothing);
  share.claimed(false, nothing);
  share.wake(50ms);
  share.claimed(true, nothing);
  EXPECT_EQ(own.asked, 1U);
}

TEST_F(SharedFetchTest, FetchesItselfWhereTheOtherHostIsSlow) {
  ask();
  share.found(nothing);
  share.claimed(false, nothing);
  share.wake(50ms);  // asked again, without an answer yet
  share.wake(SharedFetch::wait_limit);
  ASSERT_EQ(own.asked, 1U);
  share.claimed(true, nothing);  // too late
  EXPECT_EQ(share.released.size(), 1U);
  EXPECT_EQ(own.asked, 1U);
  own.answer(serves("enforce", 604800));
  EXPECT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(share.values.size(), 1U);
  EXPECT_EQ(counter("shared_cache_waits_in_vain_total"), 1U);
}

TEST_F(SharedFetchTest, GoesOnAloneWhereTheShareIsGone) {
  share.ready = false;
  ask();
  EXPECT_TRUE(share.finds.empty());
  ASSERT_EQ(own.asked, 1U);
  own.answer(serves("enforce", 604800));
  EXPECT_EQ(verdicts.at(0).mode, VerdictMode::enforce);
  EXPECT_TRUE(share.values.empty());
  EXPECT_EQ(counter("shared_cache_unasked_total"), 1U);
}

TEST_F(SharedFetchTest, GoesOnAloneWhereTheShareGoesMeanwhile) {
  ask();
  share.found(gone);
  EXPECT_EQ(own.asked, 1U);
  own.answer(breaks());
  ask("B");
  EXPECT_EQ(counter("shared_cache_unanswered_total"), 1U);
}

TEST_F(SharedFetchTest, GoesOnAloneWhereAClaimIsNotAnswered) {
  ask();
  share.found(nothing);
  share.claimed(false, gone);
  EXPECT_EQ(own.asked, 1U);
  EXPECT_EQ(counter("shared_cache_unanswered_total"), 1U);
}

TEST_F(SharedFetchTest, EndsAClaimWhoseAnswerWasLost) {
  ask();
  share.found(nothing);
  share.claimed(true, gone);
  own.answer(breaks());
  EXPECT_EQ(share.released, std::vector<std::string>{"example.com"});
}

TEST_F(SharedFetchTest, ReplacesRubbishAndTellsOfItOnce) {
  for (int i = 0; i < 2; ++i) {
    service->purge("example.com");
    ask();
    share.found(value("rubbish"));
    share.claimed(true, value("rubbish"));
    ASSERT_EQ(own.asked, 1U + static_cast<unsigned>(i));
    own.answer(serves("enforce", 604800));
    EXPECT_TRUE(form.parse(*DomainName::parse("example.com"), share.values.at("example.com"), clock.time));
  }
  EXPECT_EQ(counter("shared_cache_refused_total{error=\"shared-value-malformed\"}"), 2U);
  EXPECT_EQ(log.count("shared-value-malformed"), 1U);
}

TEST_F(SharedFetchTest, TakesNoPolicyOfAnotherId) {
  ask();
  share.found(shared("none", 10s, "B"));
  share.claimed(true, shared("none", 10s, "B"));
  EXPECT_EQ(own.asked, 1U);
}

TEST_F(SharedFetchTest, BringsNoPolicyOfFormerTimesBack) {
  ask();
  share.found(nothing);
  share.claimed(true, nothing);
  own.answer(serves("enforce", 604800));
  clock.advance(301s);
  ask("old");  // whoever forges the record of former times
  share.found(shared("none", 302s, "old"));
  share.claimed(true, nothing);
  EXPECT_EQ(own.asked, 2U);
  own.answer(serves("enforce", 604800));
  EXPECT_EQ(verdicts.at(1).mode, VerdictMode::enforce);
}

TEST_F(SharedFetchTest, BelievesNobodyWithoutTheSecret) {
  ask();
  share.found(value(SharedValueForm("").render(*DomainName::parse("example.com"), "A",
                                               *serves("none", 604800), clock.time)));
  EXPECT_EQ(counter("shared_cache_refused_total{error=\"shared-value-unauthentic\"}"), 1U);
  share.claimed(true, nothing);
  own.answer(serves("enforce", 604800));
  EXPECT_EQ(verdicts.at(0).mode, VerdictMode::enforce);
}

// Of a week: due for a refresh after a day, which is put off by a day at most, with an hour for trying again.
TEST_F(SharedFetchTest, TakesWhatMayStillWaitForItsRefresh) {
  ask();
  share.found(shared("enforce", 49h));
  EXPECT_EQ(verdicts.at(0).mode, VerdictMode::enforce);
  EXPECT_EQ(own.asked, 0U);
}

TEST_F(SharedFetchTest, FetchesAnewWhatShouldHaveBeenRefreshed) {  // or was put back by somebody
  ask();
  share.found(shared("none", 49h + 1s));
  EXPECT_TRUE(verdicts.empty());
  share.claimed(true, shared("none", 49h + 1s));
  ASSERT_EQ(own.asked, 1U);
  own.answer(serves("enforce", 604800));
  EXPECT_EQ(verdicts.at(0).mode, VerdictMode::enforce);
  EXPECT_EQ(verdicts.at(0).source, VerdictSource::fetch);
  EXPECT_EQ(counter("shared_cache_overdue_total"), 1U);
  EXPECT_EQ(counter("shared_cache_overdue_used_total"), 0U);
  share.wake(SharedFetch::renewal_limit);
  EXPECT_EQ(verdicts.size(), 1U);
}

TEST_F(SharedFetchTest, TakesWhatShouldHaveBeenRefreshedWhereThePolicyHostFails) {
  ask();
  share.found(shared("enforce", 100h));
  share.claimed(true, shared("enforce", 100h));
  own.answer(breaks());
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].mode, VerdictMode::enforce);
  EXPECT_EQ(verdicts[0].expires, clock.time - 100h + 604800s);
  EXPECT_TRUE(share.values.empty());
  EXPECT_EQ(share.released.size(), 1U);
  EXPECT_EQ(counter("shared_cache_overdue_used_total"), 1U);
}

TEST_F(SharedFetchTest, TakesWhatShouldHaveBeenRefreshedWhereThePolicyHostIsSilent) {
  ask();
  share.found(shared("enforce", 100h));
  share.claimed(true, nothing);
  share.wake(SharedFetch::renewal_limit);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].mode, VerdictMode::enforce);
  own.answer(serves("testing", 604800));  // late: for the others, and for this host's refresh
  EXPECT_EQ(verdicts.size(), 1U);
  EXPECT_TRUE(share.values.contains("example.com"));
  EXPECT_EQ(counter("shared_cache_overdue_used_total"), 1U);
}

TEST_F(SharedFetchTest, RefreshesByAPolicyThatAnotherHostHasRefreshed) {
  ask();
  share.found(shared("enforce", 0s));
  clock.advance(24h * 3);
  for (int i = 0; i < 61 && dns.open.empty(); ++i) {
    service->tick();
  }
  ASSERT_FALSE(dns.open.empty());
  dns.answer(id_is("A"));
  ASSERT_EQ(share.finds.size(), 1U);
  share.found(shared("enforce", 24h * 3));  // the one that it has
  share.claimed(false, nothing);
  share.wake(50ms);
  share.claimed(false, shared("testing", 1h));
  EXPECT_EQ(own.asked, 0U);
  ask();
  EXPECT_EQ(verdicts.back().mode, VerdictMode::testing);
  EXPECT_EQ(verdicts.back().expires, clock.time - 1h + 604800s);
}

TEST_F(SharedFetchTest, FetchesWhatTheAdministratorWantsFetchedNow) {
  ask();
  share.found(shared("enforce", 10s));
  EXPECT_TRUE(service->refresh("example.com", [](const Explanation&) {}));
  dns.answer(id_is("A"));
  EXPECT_TRUE(share.finds.empty());
  ASSERT_EQ(own.asked, 1U);
  own.answer(serves("testing", 604800));
  EXPECT_TRUE(share.values.contains("example.com"));
}

TEST_F(SharedFetchTest, AnotherHostsSuccessSaysNothingOfThisOnesTrouble) {
  for (int i = 0; i < 20; ++i) {
    const std::string domain = "d" + std::to_string(i) + ".example";
    service->ask(domain, [](const Verdict&) {});
    dns.answer(id_is("A"));
    share.found(i % 2 == 0 ? nothing
                           : value(form.render(*DomainName::parse(domain), "A", *serves("enforce", 604800),
                                               clock.time)));
    if (i % 2 == 0) {
      share.claimed(true, nothing);
      own.answer(std::unexpected(service::failure_in(i + 1)));
    }
  }
  EXPECT_EQ(log.count("fetches-fail-alike"), 1U);
}

}  // namespace
}  // namespace mta_sts::sender
