// From a question to its answer.
#include "unit/sender/verdict_service_fixture.hpp"

namespace mta_sts::sender::service {
namespace {

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
  const std::string longest = label + "." + label + "." + label + "." + std::string(53, 'b');  // 245 bytes
  const std::string fits = longest.substr(1);                                                  // 244 bytes
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
  EXPECT_FALSE(store.rows["example.com"].policy);
  ask();
  dns.answer(id_is("A"));
  EXPECT_EQ(fetch.asked, 2U);
}

}  // namespace
}  // namespace mta_sts::sender::service
