// What the service does by itself: refreshes, alerts, bounds, and its end.
#include "sender/decide/domain_state.hpp"
#include "unit/sender/verdict_service_fixture.hpp"

namespace mta_sts::sender::service {
namespace {

TEST_F(VerdictServiceTest, RefreshesAheadOfExpiryWhateverTxtSays) {  // R86, R87
  know("enforce", 7 * 86400);
  clock.advance(23h);
  tick_for_a_minute();
  EXPECT_EQ(dns.asked, 1U);
  clock.advance(25h);  // every domain has its own time of the second day
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

TEST_F(VerdictServiceTest, TellsOfRepeatedFailuresDaysBeforeExpiryAndNotTooOften) {  // R88, R89
  know("enforce", 30 * 86400);
  ask("used.example");
  dns.answer(txt_says({}));
  std::vector<std::chrono::sys_seconds> alarms;
  const auto expires = clock.time + 30 * 24h;
  while (clock.time < expires - 1h) {
    clock.advance(30min);
    tick_for_a_minute();
    while (!dns.open.empty()) {
      dns.answer(id_is("A"));
    }
    while (!fetch.open.empty()) {
      fetch.answer(breaks());
    }
    if (log.count("policy-expiring") > alarms.size()) {
      alarms.push_back(clock.time);
    }
  }
  EXPECT_GE(log.count("refresh-failed"), 3U);
  EXPECT_LE(log.count("refresh-failed"), 12U);
  ASSERT_GE(alarms.size(), 7U);  // once a day
  EXPECT_LE(alarms.size(), 8U);
  EXPECT_GE(alarms.front(), expires - 7 * 24h);
  EXPECT_LE(alarms.front(), expires - 6 * 24h);
  EXPECT_LE(fetch.asked, 30U * 24U);  // politeness: the pause doubles up to an hour
  EXPECT_EQ(service->explain("example.com").verdict.mode, VerdictMode::enforce);
}

TEST_F(VerdictServiceTest, DropsWhatHasExpired) {
  know("enforce", 1000);
  clock.advance(2000s);
  tick_for_a_minute();
  EXPECT_TRUE(store.rows["example.com"].policy);  // for a grace, and unused
  EXPECT_EQ(log.count("policy-expired"), 1U);
  EXPECT_TRUE(service->list().empty());
  EXPECT_EQ(counter("policies-enforce"), 0U);
  clock.advance(DomainState::expired_grace);
  tick_for_a_minute();
  EXPECT_TRUE(store.rows["example.com"].policy);  // the clock may have been set
  know("enforce", 1000, "works.example");
  tick_for_a_minute();
  EXPECT_FALSE(store.rows["example.com"].policy);  // that there was a record is kept
  EXPECT_EQ(log.count("policy-expired"), 1U);
}

TEST_F(VerdictServiceTest, AStartWithTheClockAheadCostsNoPolicy) {  // R91
  know("enforce", 86400);
  clock.advance(std::chrono::days(30));
  start();
  tick_for_a_minute();
  ask();
  dns.answer(fails());
  EXPECT_EQ(verdicts.back().mode, VerdictMode::temp);
  clock.advance(-std::chrono::days(30));
  ask();
  dns.answer(fails());
  EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce);
  start();
  ask();
  dns.answer(fails());
  EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce);
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
  EXPECT_GE(known.policy->next_refresh, clock.time + 12h);
  EXPECT_LT(known.policy->next_refresh, clock.time + 18h);
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

TEST_F(VerdictServiceTest, NeverForgetsALiveEnforcePolicyOfMailForOthers) {  // R95
  limits.entries = 3;
  start();
  const auto know_well = [this](const char* domain, const char* peer) {
    ask(domain);
    dns.answer(id_is("A"));
    fetch.answer(serves("enforce", 86400, "mail.example.com", peer));
    ask(domain);
  };
  know_well("enforce1.example", "192.0.2.1");
  know("none", 86400, "none.example");
  know("testing", 86400, "testing.example");
  know_well("enforce2.example", "192.0.2.2");  // takes the place of none
  EXPECT_FALSE(store.rows.contains("none.example"));
  know_well("enforce3.example", "192.0.2.3");  // that of testing
  EXPECT_FALSE(store.rows.contains("testing.example"));
  know_well("enforce4.example", "192.0.2.4");  // there is no place left
  EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce);
  EXPECT_FALSE(store.rows.contains("enforce4.example"));
  EXPECT_EQ(store.rows.size(), 3U);
  EXPECT_EQ(log.count("cache-full"), 1U);
}

TEST_F(VerdictServiceTest, TakesNoDamagedOrForeignRow) {  // R94
  know("enforce", 86400);
  StoredEntry row = store.rows["example.com"];
  row.lookups = {};
  store.rows.clear();
  const auto add = [&](std::string domain, auto change) {
    StoredEntry changed = row;
    changed.domain = domain;
    change(changed);
    store.rows[domain] = changed;
  };
  add("body.example", [](StoredEntry& e) { e.policy->body = "mode: enforce\r\n"; });
  add("id.example", [](StoredEntry& e) { e.policy->id = "not an id"; });
  add("past.example", [](StoredEntry& e) { e.policy->fetched -= std::chrono::days(100); });
  add("zero.example", [](StoredEntry& e) {
    e.policy->body = "version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmax_age: 0\r\n";
  });
  add("UPPER.example", [](StoredEntry&) {});
  start();
  EXPECT_TRUE(service->list().empty());
  store.rows.erase("past.example");  // nothing is wrong with it; it tells that there was a record
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
  clock.advance(49h);
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
}  // namespace mta_sts::sender::service
