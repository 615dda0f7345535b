// What a full cache, a full disk and a damaged one cost: nobody's live enforce policy.
#include "unit/sender/verdict_service_fixture.hpp"

namespace mta_sts::sender::service {
namespace {

/// A policy of nearly 64 KiB.
FetchResult serves_much(std::string_view peer) {
  std::string body = "version: STSv1\r\nmode: enforce\r\nmax_age: 86400\r\n";
  for (int i = 0; body.size() < 62000; ++i) {
    body += "mx: host" + std::to_string(i) + ".stranger.example\r\n";
  }
  return FetchedPolicy{
      .policy = parse_policy(body, Reading::sender).value(), .body = body, .peer = std::string(peer)};
}

class VerdictServiceCacheTest : public VerdictServiceTest {
 protected:
  void expect_enforce(const std::string& domain) {
    const std::size_t before = verdicts.size();
    ask(domain);
    while (!dns.open.empty()) {
      dns.answer(fails());  // what is known is obeyed without TXT
    }
    ASSERT_EQ(verdicts.size(), before + 1) << domain;
    EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce) << domain << " " << verdicts.back().reason;
    EXPECT_FALSE(verdicts.back().mx.empty()) << domain;
  }
};

TEST_F(VerdictServiceCacheTest, AStrangersLargePoliciesFillNoMemory) {  // R95
  limits.entry_bytes = 4U << 20U;
  start();
  for (int i = 0; i < 8; ++i) {
    learn("known" + std::to_string(i) + ".example", serves("enforce", 86400));
  }
  for (int i = 0; i < 400; ++i) {
    learn("d" + std::to_string(i) + ".stranger.example", serves_much("192.0.2.1"));
  }
  learn("bank.example", serves("enforce", 86400));
  EXPECT_LT(counter("entry-bytes"), 1U << 20U);
  EXPECT_EQ(counter("cache-evicted"), 0U);
  expect_enforce("bank.example");
  for (int i = 0; i < 8; ++i) {
    expect_enforce("known" + std::to_string(i) + ".example");
  }
  expect_enforce("d7.stranger.example");
  EXPECT_EQ(verdicts.back().mx.front(), "host0.stranger.example");
  start();
  EXPECT_LT(counter("entry-bytes"), 1U << 20U);
  expect_enforce("d7.stranger.example");
  EXPECT_EQ(service->explain("d7.stranger.example").verdict.mx.front(), "host0.stranger.example");
}

TEST_F(VerdictServiceCacheTest, AStrangersDomainsGoBeforeThoseOfMail) {  // R95
  limits.entries = 40;
  start();
  for (int i = 0; i < 8; ++i) {
    const std::string domain = "known" + std::to_string(i) + ".example";
    learn(domain, serves("enforce", 86400));
    ask(domain);
  }
  for (int i = 0; i < 500; ++i) {
    learn("d" + std::to_string(i) + ".stranger.example", serves("enforce", 86400, "a.example", "192.0.2.66"));
  }
  learn("bank.example", serves("enforce", 86400, "a.example", "192.0.2.5"));
  for (int i = 0; i < 100; ++i) {
    learn("e" + std::to_string(i) + ".stranger.example", serves("enforce", 86400, "a.example", "192.0.2.66"));
  }
  expect_enforce("bank.example");
  for (int i = 0; i < 8; ++i) {
    expect_enforce("known" + std::to_string(i) + ".example");
  }
  EXPECT_EQ(log.count("cache-full"), 0U);
}

TEST_F(VerdictServiceCacheTest, StrangersWithManyAddressesTakeNobodysPlace) {  // R85, R95
  limits.entries = 60;
  start();
  for (int i = 0; i < 8; ++i) {
    learn("known" + std::to_string(i) + ".example",
          serves("enforce", 86400, "a.example", "192.0.2." + std::to_string(i)));
  }
  const auto attack = [this](const std::string& name) {
    for (int i = 0; i < 200; ++i) {
      const std::string domain = name + std::to_string(i) + ".stranger.example";
      learn(domain, serves("enforce", 86400, "a.example", "198.51.100." + std::to_string(i % 6)));
      clock.advance(1s);
      ask(domain);
      if (!dns.open.empty()) {
        dns.answer(id_is("A"));
      }
      fetch.open.clear();
    }
  };
  attack("d");
  for (int i = 0; i < 4; ++i) {
    learn("bank" + std::to_string(i) + ".example",
          serves("enforce", 86400, "a.example", "203.0.113." + std::to_string(i)));
  }
  attack("e");
  for (int i = 0; i < 8; ++i) {
    expect_enforce("known" + std::to_string(i) + ".example");
  }
  for (int i = 0; i < 4; ++i) {
    expect_enforce("bank" + std::to_string(i) + ".example");
  }
  EXPECT_EQ(counter("entries"), 60U);
}

TEST_F(VerdictServiceCacheTest, APolicyThatMovesTakesNoNewShare) {
  limits.entries = 40;
  start();
  learn("bank.example", serves("enforce", 86400, "a.example", "192.0.2.5"));
  for (int i = 0; i < 20; ++i) {
    learn("hosted" + std::to_string(i) + ".example", serves("enforce", 86400, "a.example", "192.0.2.9"));
  }
  for (int i = 0; i < 200; ++i) {
    const std::string domain = "d" + std::to_string(i) + ".stranger.example";
    learn(domain, serves("enforce", 86400, "a.example", "198.51.100.1"));
    ask(domain);
    if (!dns.open.empty()) {
      dns.answer(id_is("A"));
      fetch.open.clear();
      continue;
    }
    clock.advance(301s);
    ask(domain);
    dns.answer(id_is("B"));
    fetch.answer(serves("enforce", 86400, "a.example", "198.51.100.2"));
  }
  expect_enforce("bank.example");
  for (int i = 0; i < 20; ++i) {
    expect_enforce("hosted" + std::to_string(i) + ".example");
  }
}

TEST_F(VerdictServiceCacheTest, AnswersWithoutAPolicyCostNobodysPolicy) {
  limits.entries = 4;
  start();
  for (const char* domain : {"a.example", "b.example", "c.example", "d.example"}) {
    learn(domain, serves("testing", 86400));
  }
  for (int i = 0; i < 100; ++i) {
    ask("none" + std::to_string(i) + ".example");
    dns.answer(txt_says({}));
  }
  EXPECT_EQ(counter("policies-testing"), 4U);
}

TEST_F(VerdictServiceCacheTest, AFailedRefetchDropsNoKnownPolicy) {  // R85: the count grows with the failure
  for (int i = 0; i < 8; ++i) {
    learn("known" + std::to_string(i) + ".example", serves("enforce", 86400));
  }
  limits.entry_bytes = counter("entry-bytes") + 16;
  start();
  clock.advance(301s);
  for (int i = 0; i < 8; ++i) {
    const std::string domain = "known" + std::to_string(i) + ".example";
    ask(domain);
    dns.answer(id_is("B"));
    fetch.answer(breaks());
  }
  EXPECT_EQ(counter("policies-enforce"), 8U);
  start();
  for (int i = 0; i < 8; ++i) {
    expect_enforce("known" + std::to_string(i) + ".example");
  }
}

TEST_F(VerdictServiceCacheTest, WritesWhatAFullDiskDidNotTake) {  // R91
  store.broken = true;
  learn("small.example", serves("enforce", 86400));
  learn("large.example", serves_much("192.0.2.1"));
  EXPECT_TRUE(store.rows.empty());
  EXPECT_FALSE(service->idle());
  service->tick();
  expect_enforce("large.example");
  store.broken = false;
  service->tick();
  EXPECT_EQ(store.rows.size(), 2U);
  EXPECT_TRUE(service->idle());
  start();
  expect_enforce("small.example");
  expect_enforce("large.example");
}

TEST_F(VerdictServiceCacheTest, ARowOfTheSameSecondAndIdIsNotTakenForThePolicy) {  // R85
  learn("fast.example", serves("none", 86400));
  store.broken = true;
  ASSERT_TRUE(service->refresh("fast.example", [](const Explanation&) {}));
  dns.answer(id_is("A"));
  fetch.answer(serves("enforce", 86400));
  EXPECT_EQ(service->explain("fast.example").policy->body, "");
  store.broken = false;
  service->tick();
  start();
  expect_enforce("fast.example");
}

TEST_F(VerdictServiceCacheTest, WritesNoPolicyThatDoesNotCount) {
  learn("old.example", serves("testing", 3600));
  ASSERT_TRUE(service->refresh("old.example", [](const Explanation&) {}));
  dns.answer(txt_says({}));
  clock.advance(3601s);  // the record is gone, and the policy has ended before this one came
  fetch.answer(serves("enforce", 604800));
  EXPECT_EQ(log.count("policy-expired"), 1U);
  EXPECT_EQ(log.count("policy-changed"), 1U);  // the first one
  start();
  const auto policy = service->explain("old.example").policy;
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->mode, "testing");
  EXPECT_FALSE(policy->live);
}

TEST_F(VerdictServiceCacheTest, WritesAtItsEndWhatAFullDiskDidNotTake) {
  store.broken = true;
  for (int i = 0; i < 500; ++i) {
    learn("d" + std::to_string(i) + ".example", serves("enforce", 86400));
  }
  store.broken = false;
  service->write_all();
  EXPECT_EQ(store.rows.size(), 500U);
}

TEST_F(VerdictServiceCacheTest, ARowThatCouldNotBeRemovedIsRemovedLater) {
  learn("gone.example", serves("enforce", 86400));
  store.broken = true;
  EXPECT_TRUE(service->purge("gone.example"));
  store.broken = false;
  service->tick();
  EXPECT_TRUE(store.rows.empty());
}

TEST_F(VerdictServiceCacheTest, AndAlsoWhereSomebodyAsksMeanwhile) {
  learn("gone.example", serves("enforce", 86400));
  store.broken = true;
  EXPECT_TRUE(service->purge("gone.example"));
  ask("gone.example");
  dns.answer(txt_says({}));
  store.broken = false;
  service->tick();
  EXPECT_TRUE(store.rows.empty());
}

TEST_F(VerdictServiceCacheTest, StoresAllAgainWhereRowsWereLost) {
  for (int i = 0; i < 50; ++i) {
    learn("d" + std::to_string(i) + ".example", serves("enforce", 86400));
  }
  store.rows.clear();
  store.intact = false;
  service->tick();
  EXPECT_EQ(store.rows.size(), 50U);
}

TEST_F(VerdictServiceCacheTest, FetchesWhatNeitherMemoryNorStoreHasWhole) {
  learn("large.example", serves_much("192.0.2.1"));
  store.rows.clear();
  ask("large.example");
  EXPECT_EQ(verdicts.back().mode, VerdictMode::temp);  // never enforce without its hosts, never none
  EXPECT_EQ(verdicts.back().reason, "cache-row-damaged");
  ask("large.example");
  dns.answer(id_is("A"));
  ASSERT_EQ(fetch.open.size(), 1U);
  fetch.answer(serves_much("192.0.2.1"));
  expect_enforce("large.example");
  EXPECT_TRUE(store.rows.contains("large.example"));
}

TEST_F(VerdictServiceCacheTest, ARenewedLargePolicyIsNoChange) {
  learn("large.example", serves_much("192.0.2.1"));
  ASSERT_EQ(log.count("policy-changed"), 1U);
  clock.advance(20h);
  tick_for_a_minute();
  dns.answer(id_is("A"));
  fetch.answer(serves_much("192.0.2.1"));
  EXPECT_EQ(log.count("policy-changed"), 1U);
}

}  // namespace
}  // namespace mta_sts::sender::service
