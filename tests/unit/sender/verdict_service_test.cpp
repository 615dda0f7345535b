#include "sender/verdict_service.hpp"

#include <gtest/gtest.h>

#include "unit/sender/fakes.hpp"

namespace mta_sts {
namespace {

using namespace std::chrono_literals;
using namespace fakes;

class VerdictServiceTest : public testing::Test {
 protected:
  FakeClock clock;
  FakeLog log;
  FakeDns dns;
  FakeFetch fetch;
  FakeStore store;
  VerdictServiceLimits limits;
  std::unique_ptr<VerdictService> service;
  std::vector<Verdict> verdicts;

  void SetUp() override { start(); }

  void start() {
    service = std::make_unique<VerdictService>(dns, fetch, store, clock, log, limits);
    service->load();
  }

  void ask(std::string_view domain = "example.com") {
    service->ask(domain, [this](const Verdict& verdict) { verdicts.push_back(verdict); });
  }

  /// Has the domain's policy fetched and known.
  void know(std::string_view mode, std::uint64_t max_age, std::string_view domain = "example.com") {
    ask(domain);
    dns.answer(id_is("A"));
    fetch.answer(serves(mode, max_age));
  }

  void tick_for_a_minute() {
    for (int i = 0; i < 61; ++i) {
      service->tick();
    }
  }

  std::uint64_t counter(std::string_view name) {
    for (const Counter& counter : service->stats()) {
      if (counter.name == name) {
        return counter.value;
      }
    }
    return 9999;
  }
};

TEST_F(VerdictServiceTest, AsksTxtThenFetchesThenAnswers) {
  ask();
  ASSERT_EQ(dns.open.size(), 1U);
  EXPECT_EQ(dns.open.front().name, "_mta-sts.example.com");  // R1
  dns.answer(id_is("A"));
  ASSERT_EQ(fetch.open.size(), 1U);
  EXPECT_EQ(fetch.open.front().domain, "example.com");
  EXPECT_TRUE(verdicts.empty());
  fetch.answer(serves("enforce", 86400));
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].mode, VerdictMode::enforce);
  EXPECT_EQ(verdicts[0].id, "A");
  EXPECT_EQ(verdicts[0].mx, std::vector<std::string>{"mail.example.com"});
  EXPECT_EQ(verdicts[0].source, VerdictSource::fetch);
  EXPECT_EQ(verdicts[0].expires, clock.time + 86400s);
  EXPECT_TRUE(verdicts[0].reason.empty());
}

TEST_F(VerdictServiceTest, AnswersAHitFromMemoryWithinTheCall) {
  know("enforce", 86400);
  ask("EXAMPLE.com.");  // R82
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[1].source, VerdictSource::cache);
  EXPECT_EQ(dns.asked, 1U);
  EXPECT_EQ(fetch.asked, 1U);
}

TEST_F(VerdictServiceTest, AsksTxtAgainWhenItsTtlIsOver) {
  ask();
  dns.answer(txt_says({"v=STSv1; id=A;"}, 10s));  // clamped to 60 s
  fetch.answer(serves("enforce", 86400));
  clock.advance(59s);
  ask();
  EXPECT_EQ(dns.asked, 1U);
  clock.advance(1s);
  ask();
  EXPECT_EQ(dns.asked, 2U);
  dns.answer(txt_says({"v=STSv1; id=A;"}, 86400s));  // clamped to 300 s
  clock.advance(300s);
  ask();
  EXPECT_EQ(dns.asked, 3U);
}

TEST_F(VerdictServiceTest, ReusesANegativeAnswerAndAFailedOneForLess) {
  ask("none.example");
  dns.answer(txt_says({}));
  ask("none.example");
  ask("broken.example");
  dns.answer(fails());
  clock.advance(4s);
  ask("broken.example");
  EXPECT_EQ(dns.asked, 2U);
  clock.advance(1s);
  ask("broken.example");
  EXPECT_EQ(dns.asked, 3U);
  ASSERT_EQ(verdicts.size(), 4U);
  EXPECT_EQ(verdicts[1].mode, VerdictMode::none);
  EXPECT_EQ(verdicts[1].reason, "txt-none");
  EXPECT_EQ(verdicts[3].mode, VerdictMode::temp);  // P6, R15
  EXPECT_EQ(verdicts[3].reason, "txt-lookup-failed");
}

TEST_F(VerdictServiceTest, AClockSetBackDoesNotStretchATxtAnswer) {
  know("enforce", 86400);
  clock.advance(-1h);
  ask();
  EXPECT_EQ(dns.asked, 2U);
  dns.answer(id_is("A"));
  EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce);  // P25
}

TEST_F(VerdictServiceTest, RunsOneLookupAndOneFetchForManyAskers) {  // R77
  for (int i = 0; i < 50; ++i) {
    ask();
  }
  dns.answer(id_is("A"));
  ask();
  fetch.answer(serves("testing", 86400));
  EXPECT_EQ(dns.asked, 1U);
  EXPECT_EQ(fetch.asked, 1U);
  ASSERT_EQ(verdicts.size(), 51U);
  for (const Verdict& verdict : verdicts) {
    EXPECT_EQ(verdict.mode, VerdictMode::testing);
  }
}

TEST_F(VerdictServiceTest, BoundsQuestionsAtOnceAndGoesThroughTheQueue) {
  limits.lookups = 2;
  start();
  for (int i = 0; i < 5; ++i) {
    ask("d" + std::to_string(i) + ".example");
  }
  EXPECT_EQ(dns.open.size(), 2U);
  while (!dns.open.empty()) {
    dns.answer(txt_says({}));
    EXPECT_LE(dns.open.size(), 2U);
  }
  EXPECT_EQ(verdicts.size(), 5U);
}

TEST_F(VerdictServiceTest, IsBusyBeyondItsLimitsAndDefers) {
  limits.open_domains = 1;
  start();
  ask("a.example");
  ask("b.example");
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].mode, VerdictMode::temp);
  EXPECT_EQ(verdicts[0].reason, "resolver-busy");
}

// A flood of other domains must not make this one look as if it had no policy.
TEST_F(VerdictServiceTest, DefersWhereAFetchWasNotBegunAndTriesAgainAtOnce) {
  FetchError not_begun;
  not_begun.begun = false;
  for (int i = 0; i < 2; ++i) {
    ask();
    dns.answer(id_is("A"));
    fetch.answer(std::unexpected(not_begun));
    EXPECT_EQ(verdicts.back().mode, VerdictMode::temp);
    EXPECT_EQ(verdicts.back().reason, "fetch-internal");
  }
  EXPECT_EQ(fetch.asked, 2U);  // no back-off
  EXPECT_TRUE(store.rows.empty());
}

TEST_F(VerdictServiceTest, IsBusyWithALivePolicyAndAppliesIt) {  // R74
  know("enforce", 86400);
  clock.advance(301s);
  limits.waiters = 0;
  const auto rows = store.rows;
  start();
  ask();
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[1].mode, VerdictMode::enforce);
}

TEST_F(VerdictServiceTest, NeverAsksForWhatCannotHaveAPolicy) {
  struct Case {
    std::string_view domain;
    VerdictMode mode;
    std::string_view reason;
  };
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(53, 'b');  // 245 octets
  const std::string fits = longest.substr(1);                                                  // 244 octets
  for (const Case& c : {Case{"[192.0.2.1]", VerdictMode::none, "domain-is-address"},           // R81
                        Case{"[IPv6:2001:db8::1]", VerdictMode::none, "domain-is-address"},    // R81
                        Case{"192.0.2.1", VerdictMode::none, "domain-is-address"},
                        Case{"a_b.example", VerdictMode::none, "domain-bad-character"},  // no policy host
                        Case{"a..example", VerdictMode::none, "domain-empty-label"},
                        Case{longest, VerdictMode::none, "domain-too-long"},  // R82
                        Case{"", VerdictMode::temp, "domain-empty"},
                        Case{std::string_view("a\0.example", 10), VerdictMode::temp, "domain-bad-character"},
                        Case{"a\n.example", VerdictMode::temp, "domain-bad-character"},
                        Case{"\xff.example", VerdictMode::temp, "domain-bad-character"}}) {
    ask(c.domain);
    ASSERT_FALSE(verdicts.empty()) << c.domain;
    EXPECT_EQ(verdicts.back().mode, c.mode) << c.domain;
    EXPECT_EQ(verdicts.back().reason, c.reason) << c.domain;
  }
  EXPECT_EQ(dns.asked, 0U);
  ask(fits);
  EXPECT_EQ(dns.asked, 1U);
  EXPECT_EQ(dns.open.front().name.size(), 253U);
}

TEST_F(VerdictServiceTest, AsksForTheALabelsOfUnicodeNames) {  // R82
  ask("B\xC3\xBC"
      "cher.Example");
  ASSERT_EQ(dns.open.size(), 1U);
  EXPECT_EQ(dns.open.front().name, "_mta-sts.xn--bcher-kva.example");
}

TEST_F(VerdictServiceTest, KeepsALivePolicyWhenTheNewVersionCannotBeFetched) {  // R85, R88
  know("enforce", 86400);
  clock.advance(400s);
  ask();
  dns.answer(id_is("B"));
  fetch.answer(breaks(FetchErrorKind::cert_expired));
  EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce);
  EXPECT_EQ(verdicts.back().id, "A");
  EXPECT_EQ(log.count("refresh-failed"), 1U);
  EXPECT_EQ(counter("cert-expired"), 1U);
  EXPECT_EQ(counter("refresh-failed"), 1U);
}

TEST_F(VerdictServiceTest, SaysWhyThereIsNoPolicyAndBacksOff) {  // R72, R73
  ask();
  dns.answer(id_is("A"));
  fetch.answer(breaks(FetchErrorKind::http_status));
  ask();
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[1].mode, VerdictMode::none);
  EXPECT_EQ(verdicts[1].reason, "http-status");
  EXPECT_EQ(fetch.asked, 1U);
  EXPECT_EQ(log.count("http-status"), 1U);
  clock.advance(301s);
  ask();
  dns.answer(id_is("A"));
  EXPECT_EQ(fetch.asked, 2U);
  fetch.answer(breaks(FetchErrorKind::http_status));
  EXPECT_EQ(log.count("http-status"), 2U);
}

TEST_F(VerdictServiceTest, OutlivesARestart) {  // R91
  know("enforce", 86400);
  start();
  ask();
  dns.answer(txt_says({}));
  EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce);
  EXPECT_EQ(fetch.asked, 1U);
  EXPECT_EQ(service->explain("example.com").policy->body, store.rows["example.com"].policy->body);
}

TEST_F(VerdictServiceTest, BacksOffAfterARestartToo) {  // R72
  ask();
  dns.answer(id_is("A"));
  fetch.answer(breaks());
  start();
  ask();
  dns.answer(id_is("A"));
  EXPECT_EQ(fetch.asked, 1U);
  EXPECT_EQ(verdicts.back().mode, VerdictMode::none);
}

TEST_F(VerdictServiceTest, NeverLosesAVerdictToABrokenStore) {
  store.broken = true;
  know("enforce", 86400);
  ask();
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[1].mode, VerdictMode::enforce);
}

TEST_F(VerdictServiceTest, HoldsAMaxAgeOfZeroForOneDeliveryAlone) {  // P3
  know("enforce", 0);
  EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce);
  EXPECT_TRUE(store.rows.empty());
  ask();
  dns.answer(id_is("A"));
  EXPECT_EQ(fetch.asked, 2U);
}

TEST_F(VerdictServiceTest, RefreshesAheadOfExpiryWhateverTxtSays) {  // R86, R87
  know("enforce", 7 * 86400);
  clock.advance(23h);
  tick_for_a_minute();
  EXPECT_EQ(dns.asked, 1U);
  clock.advance(2h);
  tick_for_a_minute();
  ASSERT_EQ(dns.asked, 2U);
  dns.answer(txt_says({}));
  ASSERT_EQ(fetch.asked, 2U);
  fetch.answer(serves("testing", 7 * 86400));
  EXPECT_EQ(log.count("policy-changed"), 2U);
  EXPECT_EQ(service->explain("example.com").policy->mode, "testing");
  EXPECT_EQ(store.rows["example.com"].policy->fetched, clock.time);
}

TEST_F(VerdictServiceTest, LeavesWhatNobodyAsksForAlone) {
  know("enforce", 31557600);
  clock.advance(std::chrono::days(91));
  tick_for_a_minute();
  EXPECT_EQ(dns.asked, 1U);
}

TEST_F(VerdictServiceTest, BoundsRefreshesAtOnce) {
  limits.refreshes = 3;
  start();
  for (int i = 0; i < 10; ++i) {
    know("enforce", 86400, "d" + std::to_string(i) + ".example");
  }
  clock.advance(20h);
  tick_for_a_minute();
  EXPECT_EQ(dns.open.size(), 3U);
}

TEST_F(VerdictServiceTest, AnswersFromALivePolicyWhileARefreshRuns) {
  know("enforce", 86400);
  clock.advance(20h);
  tick_for_a_minute();
  dns.answer(id_is("A"));
  ASSERT_EQ(fetch.open.size(), 1U);
  ask();
  EXPECT_EQ(verdicts.size(), 2U);
  fetch.answer(serves("enforce", 86400));
}

TEST_F(VerdictServiceTest, AnAskerWhoComesDuringARefreshsLookupIsAnsweredByIt) {
  know("enforce", 86400);
  clock.advance(20h);
  tick_for_a_minute();
  ask();
  EXPECT_EQ(dns.asked, 2U);
  dns.answer(id_is("A"));
  EXPECT_EQ(verdicts.size(), 2U);
  ASSERT_EQ(fetch.open.size(), 1U);  // the refresh goes on
  fetch.answer(serves("enforce", 86400));
  EXPECT_EQ(store.rows["example.com"].policy->fetched, clock.time);
}

TEST_F(VerdictServiceTest, TellsOfRepeatedFailuresLongBeforeExpiryAndNotTooOften) {  // R88, R89
  know("enforce", 30 * 86400);
  for (int i = 0; i < 200; ++i) {
    clock.advance(10min);
    tick_for_a_minute();
    while (!dns.open.empty()) {
      dns.answer(id_is("A"));
    }
    while (!fetch.open.empty()) {
      fetch.answer(breaks());
    }
  }
  EXPECT_GE(log.count("refresh-failed"), 3U);
  EXPECT_LE(log.count("refresh-failed"), 8U);
  EXPECT_GE(log.count("policy-expiring"), 1U);
  EXPECT_LE(fetch.asked, 20U);  // politeness: the pause doubles up to an hour
  EXPECT_EQ(service->explain("example.com").verdict.mode, VerdictMode::enforce);
}

TEST_F(VerdictServiceTest, DropsWhatHasExpired) {
  know("enforce", 1000);
  clock.advance(2000s);
  tick_for_a_minute();
  EXPECT_TRUE(store.rows.empty());
  EXPECT_EQ(log.count("policy-expired"), 1U);
  EXPECT_TRUE(service->list().empty());
}

TEST_F(VerdictServiceTest, NotesTheLastUseOnceADay) {
  know("enforce", 31557600);
  const auto first = store.rows["example.com"].used;
  clock.advance(25h);
  ask();
  dns.answer(id_is("A"));
  EXPECT_FALSE(service->idle());
  service->tick();
  EXPECT_EQ(store.rows["example.com"].used, first + 24h);
}

TEST_F(VerdictServiceTest, RefreshesOneDomainOnDemand) {
  know("enforce", 86400);
  std::string mode;
  EXPECT_TRUE(service->refresh("example.com", [&](const Explanation& e) { mode = e.policy->mode; }));
  dns.answer(id_is("A"));
  fetch.answer(serves("none", 86400));
  EXPECT_EQ(mode, "none");
  EXPECT_FALSE(service->refresh("[192.0.2.1]", [](const Explanation&) {}));
}

TEST_F(VerdictServiceTest, PurgesOneDomain) {
  know("enforce", 86400);
  EXPECT_TRUE(service->purge("example.com"));
  EXPECT_FALSE(service->purge("example.com"));
  EXPECT_TRUE(store.rows.empty());
  ask();
  EXPECT_EQ(dns.asked, 2U);
}

TEST_F(VerdictServiceTest, ExplainsWhatItKnowsWithoutAsking) {
  know("testing", 86400);
  const Explanation known = service->explain("Example.com");
  EXPECT_EQ(known.domain, "example.com");
  EXPECT_EQ(known.record, "ok");
  EXPECT_EQ(known.record_id, "A");
  ASSERT_TRUE(known.policy);
  EXPECT_EQ(known.policy->next_refresh, clock.time + 12h);
  EXPECT_TRUE(known.policy->live);
  EXPECT_EQ(service->explain("other.example").verdict.reason, "not-asked-yet");
  EXPECT_EQ(service->explain("[::1]\x1b").domain, "[::1]\\x1b");
}

TEST_F(VerdictServiceTest, ListsInOrderFromAPlaceOn) {
  for (const char* domain : {"c.example", "a.example", "b.example"}) {
    know("enforce", 86400, domain);
  }
  const auto all = service->list();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].domain, "a.example");
  const auto rest = service->list("a.example", 1);
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].domain, "b.example");
}

TEST_F(VerdictServiceTest, NeverForgetsALiveEnforcePolicyForOthers) {  // R95
  limits.entries = 3;
  start();
  know("enforce", 86400, "enforce1.example");
  know("none", 86400, "none.example");
  know("testing", 86400, "testing.example");
  know("enforce", 86400, "enforce2.example");  // takes the place of none
  EXPECT_FALSE(store.rows.contains("none.example"));
  know("enforce", 86400, "enforce3.example");  // that of testing
  EXPECT_FALSE(store.rows.contains("testing.example"));
  know("enforce", 86400, "enforce4.example");  // there is no place left
  EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce);
  EXPECT_FALSE(store.rows.contains("enforce4.example"));
  EXPECT_EQ(store.rows.size(), 3U);
  EXPECT_EQ(log.count("cache-full"), 1U);
}

TEST_F(VerdictServiceTest, TakesNoDamagedOrForeignRow) {  // R94
  know("enforce", 86400);
  StoredEntry row = store.rows["example.com"];
  store.rows.clear();
  const auto add = [&](std::string domain, auto change) {
    StoredEntry changed = row;
    changed.domain = domain;
    change(changed);
    store.rows[domain] = changed;
  };
  add("body.example", [](StoredEntry& e) { e.policy->body = "mode: enforce\r\n"; });
  add("id.example", [](StoredEntry& e) { e.policy->id = "not an id"; });
  add("past.example", [](StoredEntry& e) { e.policy->fetched -= std::chrono::days(3); });
  add("zero.example", [](StoredEntry& e) {
    e.policy->body = "version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmax_age: 0\r\n";
  });
  add("UPPER.example", [](StoredEntry&) {});
  start();
  EXPECT_TRUE(service->list().empty());
  EXPECT_TRUE(store.rows.empty());
}

TEST_F(VerdictServiceTest, GivesUpALookupThatNeverEnds) {
  limits.lookups = 1;
  start();
  ask("lost.example");
  for (int i = 0; i < 200; ++i) {
    service->tick();
  }
  ask("next.example");
  for (int i = 0; i < 60; ++i) {
    service->tick();
  }
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].mode, VerdictMode::temp);
  EXPECT_EQ(verdicts[0].reason, "lookup-lost");
  ASSERT_EQ(dns.open.size(), 2U);  // its place is free again
  dns.answer(id_is("A"));          // too late: dropped
  EXPECT_EQ(fetch.asked, 0U);
  dns.answer(id_is("A"));
  for (int i = 0; i < 300; ++i) {
    service->tick();
  }
  fetch.answer(serves("enforce", 86400));
  EXPECT_EQ(verdicts.size(), 2U);
  EXPECT_TRUE(service->idle());
}

TEST_F(VerdictServiceTest, OneAskersTroubleIsNotTheOthers) {
  service->ask("example.com", [](const Verdict&) { throw std::bad_alloc(); });
  ask();
  dns.answer(txt_says({}));
  EXPECT_EQ(verdicts.size(), 1U);
  EXPECT_TRUE(service->idle());
}

TEST_F(VerdictServiceTest, NeverDatesAnOldBodyAnew) {
  know("testing", 7 * 86400);
  store.broken = true;
  clock.advance(10min);
  service->refresh("example.com", [](const Explanation&) {});
  dns.answer(id_is("A"));
  fetch.answer(serves("enforce", 7 * 86400));  // under the same id, and not stored
  store.broken = false;
  clock.advance(25h);
  tick_for_a_minute();
  dns.answer(id_is("A"));
  fetch.answer(breaks());
  start();
  EXPECT_EQ(service->explain("example.com").policy->mode, "enforce");
}

TEST_F(VerdictServiceTest, DropsAnswersThatComeAfterItsEnd) {
  ask();
  service.reset();
  dns.answer(id_is("A"));
  EXPECT_TRUE(verdicts.empty());
  EXPECT_EQ(fetch.asked, 0U);
}

TEST_F(VerdictServiceTest, AnAskerMayAskAgainFromItsAnswer) {
  int answers = 0;
  service->ask("example.com", [&](const Verdict&) {
    ++answers;
    service->ask("example.com", [&](const Verdict&) { ++answers; });
    service->ask("other.example", [&](const Verdict&) { ++answers; });
  });
  dns.answer(txt_says({}));
  dns.answer(txt_says({}));
  EXPECT_EQ(answers, 3);
  EXPECT_TRUE(service->idle());
}

TEST_F(VerdictServiceTest, AQueueOfAnswersWithinTheCallDoesNotGrowTheStack) {
  limits.lookups = 1;
  limits.open_domains = 100000;
  start();
  ask("first.example");
  for (int i = 0; i < 20000; ++i) {
    const std::string domain = "d" + std::to_string(i) + ".example";
    dns.now_says["_mta-sts." + domain] = txt_says({});
    ask(domain);
  }
  dns.answer(txt_says({}));
  EXPECT_EQ(verdicts.size(), 20001U);
}

}  // namespace
}  // namespace mta_sts
