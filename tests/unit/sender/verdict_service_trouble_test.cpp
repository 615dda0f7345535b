// This host's trouble is no domain's failure: what the service makes of it.
#include "unit/sender/failed_fetches.hpp"
#include "unit/sender/verdict_service_fixture.hpp"

namespace mta_sts::sender::service {
namespace {

class VerdictServiceTroubleTest : public VerdictServiceTest {
 protected:
  /// Asks for the domain with that number, whose policy host is in a network of its own.
  void fail(int number, FetchErrorKind kind = FetchErrorKind::cert_untrusted) {
    fail(name(number), failure_in(number, kind));
  }
  void fail(const std::string& domain, FetchError error) {
    ask(domain);
    dns.answer(id_is("A"));
    if (error.kind != FetchErrorKind::connect_failure) {
      error.connected = true;
      error.peer = error.tried.front().to_text();
      error.trusted = error.kind == FetchErrorKind::http_status;
    }
    fetch.answer(std::unexpected(error));
  }
  VerdictMode mode_of_last() const { return verdicts.back().mode; }
};

TEST_F(VerdictServiceTroubleTest, DrawsNoVerdictWhereEverythingFailsAlike) {
  know("enforce", 86400);  // what worked before says nothing
  verdicts.clear();
  const auto fetched = counter("fetch-ok");
  for (int i = 0; i < 20; ++i) {
    fail(i);
  }
  EXPECT_EQ(counter("fetch-ok"), fetched);
  EXPECT_EQ(log.count("fetches-fail-alike"), 1U);
  EXPECT_EQ(counter("fetches-fail-alike"), 17U);
  for (int i = 3; i < 20; ++i) {
    EXPECT_EQ(verdicts[static_cast<std::size_t>(i)].mode, VerdictMode::temp) << i;
    EXPECT_EQ(verdicts[static_cast<std::size_t>(i)].reason, "fetches-fail-alike") << i;
  }
  const auto asked = fetch.asked;
  ask(name(19));  // not asked again at once
  EXPECT_EQ(mode_of_last(), VerdictMode::temp);
  EXPECT_EQ(fetch.asked, asked);
  EXPECT_EQ(service->explain(name(19)).verdict.reason, "fetches-fail-alike");
  ask(name(0));  // nor is the first one's failure its own any more
  EXPECT_EQ(mode_of_last(), VerdictMode::temp);
  clock.advance(31s);
  ask(name(0));
  dns.answer(id_is("A"));
  ASSERT_EQ(fetch.open.size(), 1U);
  EXPECT_EQ(log.count("fetches-work"), 0U);
  fetch.answer(serves("enforce", 86400));
  EXPECT_EQ(mode_of_last(), VerdictMode::enforce);
  EXPECT_EQ(log.count("fetches-work"), 1U);
  ask(name(1));
  dns.answer(id_is("A"));
  ASSERT_EQ(fetch.open.size(), 1U);
  fetch.answer(breaks(FetchErrorKind::cert_untrusted));  // this one's is its own
  EXPECT_EQ(mode_of_last(), VerdictMode::none);
  EXPECT_EQ(log.count("fetches-work"), 1U);
}

TEST_F(VerdictServiceTroubleTest, NewRootsAreTriedAtOnce) {
  for (int i = 0; i < 4; ++i) {
    fail(i);
  }
  service->note_new_roots();
  ask(name(3));
  dns.answer(id_is("A"));
  ASSERT_EQ(fetch.open.size(), 1U);
  fetch.answer(serves("enforce", 86400));
  EXPECT_EQ(mode_of_last(), VerdictMode::enforce);
}

TEST_F(VerdictServiceTroubleTest, FetchesAKnownPolicyByItselfToSeeTheEnd) {
  know("enforce", 86400);
  for (int i = 0; i < 4; ++i) {
    fail(i);
  }
  tick_for_a_minute();
  ASSERT_EQ(dns.open.size(), 1U);
  dns.answer(id_is("A"));
  ASSERT_EQ(fetch.open.size(), 1U);
  EXPECT_EQ(fetch.open.front().domain, "example.com");
  fetch.answer(serves("enforce", 86400));
  EXPECT_EQ(log.count("fetches-work"), 1U);
  ask(name(3));
  dns.answer(id_is("A"));
  ASSERT_EQ(fetch.open.size(), 1U);
  fetch.answer(breaks(FetchErrorKind::cert_untrusted));
  EXPECT_EQ(mode_of_last(), VerdictMode::none);
  tick_for_a_minute();
  EXPECT_TRUE(dns.open.empty());
}

TEST_F(VerdictServiceTroubleTest, NoConnectionInManyNetworksIsThisHosts) {
  for (int i = 0; i < 12; ++i) {
    fail(i, FetchErrorKind::connect_failure);
    EXPECT_EQ(mode_of_last(), i < 7 ? VerdictMode::none : VerdictMode::temp) << i;
  }
  EXPECT_EQ(log.count("fetches-fail-alike"), 1U);
  for (int i = 0; i < 7; ++i) {
    ask(name(i));
    EXPECT_EQ(mode_of_last(), VerdictMode::temp) << i;
  }
  ask("hangs.example");  // may not be reached either
  dns.answer(id_is("A"));
  for (int i = 0; i < 40; ++i) {
    service->hurry();
  }
  EXPECT_EQ(mode_of_last(), VerdictMode::temp);
  EXPECT_EQ(verdicts.back().reason, "fetches-fail-alike");
  fetch.answer(breaks(FetchErrorKind::connect_failure));
  fail(100, FetchErrorKind::tls_handshake);  // a connection stood
  EXPECT_EQ(mode_of_last(), VerdictMode::none);
  EXPECT_EQ(log.count("fetches-work"), 1U);
  fail(101, FetchErrorKind::connect_failure);
  EXPECT_EQ(mode_of_last(), VerdictMode::none);
}

TEST_F(VerdictServiceTroubleTest, ARefusalByTheKernelWithoutAnyConnectionIsThisHosts) {
  fail(name(1), refusal_in(1));
  EXPECT_EQ(mode_of_last(), VerdictMode::temp);
  EXPECT_EQ(log.count("fetches-fail-alike"), 1U);
  fail("six.example", refusal_at({"2a00:1:2::1"}));  // this host may have no IPv6, ever
  EXPECT_EQ(mode_of_last(), VerdictMode::none);
  know("enforce", 86400);
  EXPECT_EQ(log.count("fetches-work"), 1U);
  fail(name(2), refusal_in(2));
  EXPECT_EQ(mode_of_last(), VerdictMode::none);
  clock.advance(11min);
  fail(name(3), refusal_in(3));
  EXPECT_EQ(mode_of_last(), VerdictMode::temp);
}

TEST_F(VerdictServiceTroubleTest, TellsOfANameServerThatAnswersNothing) {
  for (int i = 0; i < 20; ++i) {
    ask(name(i));
    dns.answer(fails());
    EXPECT_EQ(mode_of_last(), VerdictMode::temp);
    EXPECT_EQ(log.count("txt-lookup-failed"), i < 7 ? 0U : 1U) << i;
  }
  clock.advance(61min);
  ask(name(0));
  dns.answer(fails());
  EXPECT_EQ(log.count("txt-lookup-failed"), 2U);
  ask("works.example");
  dns.answer(txt_says({}));
  clock.advance(61min);
  for (int i = 1; i < 8; ++i) {
    ask(name(i));
    dns.answer(fails());
  }
  EXPECT_EQ(log.count("txt-lookup-failed"), 2U);
}

TEST_F(VerdictServiceTroubleTest, TellsThatNameServersAnswerAgain) {
  const auto look_up = [&](int number, const DnsAnswer& answer) {
    ask(name(number));
    dns.answer(answer);
  };
  look_up(0, txt_says({}));
  look_up(1, fails());
  look_up(2, txt_says({}));
  EXPECT_EQ(log.count("lookups-work"), 0U);  // there was no trouble
  for (int i = 3; i < 11; ++i) {
    look_up(i, fails());
  }
  EXPECT_EQ(log.count("txt-lookup-failed"), 1U);
  EXPECT_EQ(log.count("lookups-work"), 0U);
  look_up(11, fails(DnsStatus::nx_domain));
  look_up(12, txt_says({}));
  EXPECT_EQ(log.count("lookups-work"), 1U);
  for (int i = 20; i < 28; ++i) {  // it comes back at once
    look_up(i, fails());
  }
  look_up(30, txt_says({}));
  EXPECT_EQ(log.count("txt-lookup-failed"), 1U);
  EXPECT_EQ(log.count("lookups-work"), 1U);
  clock.advance(6min);
  for (int i = 40; i < 48; ++i) {
    look_up(i, fails());
  }
  look_up(50, txt_says({}));
  EXPECT_EQ(log.count("txt-lookup-failed"), 2U);
  EXPECT_EQ(log.count("lookups-work"), 2U);
}

TEST_F(VerdictServiceTroubleTest, TellsThatNoNameServerCanBeAsked) {
  DnsAnswer unasked = fails(DnsStatus::timeout);
  unasked.own_trouble = true;
  unasked.detail = "as the test says";
  for (int i = 0; i < 3; ++i) {
    ask(name(i));
    dns.answer(unasked);
    EXPECT_EQ(mode_of_last(), VerdictMode::temp);
  }
  EXPECT_EQ(log.count("txt-lookup-failed"), 1U);
}

TEST_F(VerdictServiceTroubleTest, AdvisesMorePlacesOnlyWhereNoneWasFree) {
  FetchError error{.detail = "as the test says", .begun = false};
  fail(name(0), (error.tried = failure_in(0).tried, error));
  ASSERT_EQ(log.count("fetch-internal"), 1U);
  EXPECT_EQ(log.lines.back().second.find("--max-fetches"), std::string::npos) << log.lines.back().second;
  clock.advance(2min);
  error.crowded = true;
  fail(name(1), error);
  ASSERT_EQ(log.count("fetch-internal"), 2U);
  EXPECT_NE(log.lines.back().second.find("--max-fetches"), std::string::npos) << log.lines.back().second;
}

TEST_F(VerdictServiceTroubleTest, BrokenDomainsBesideWorkingOnesAreTheirOwnTrouble) {  // R73
  for (int i = 0; i < 20; ++i) {
    know("enforce", 86400, "works" + std::to_string(i) + ".example");
    fail(i);
    EXPECT_EQ(verdicts.back().mode, VerdictMode::none);
    EXPECT_EQ(verdicts.back().reason, "cert-untrusted");
  }
  EXPECT_EQ(log.count("fetches-fail-alike"), 0U);
}

TEST_F(VerdictServiceTroubleTest, AnAnswerOfAnyKindShowsThatThisHostWorks) {
  for (int i = 0; i < 20; ++i) {
    fail(i, i % 3 == 2 ? FetchErrorKind::http_status : FetchErrorKind::cert_untrusted);
    EXPECT_EQ(verdicts.back().mode, VerdictMode::none);
  }
}

TEST_F(VerdictServiceTroubleTest, AClockThatCannotBeRightJudgesNothing) {
  limits.clock_least = clock.time - std::chrono::days(1000);
  limits.clock_most = clock.time + std::chrono::days(1000);
  start();
  know("enforce", 86400);
  for (const int days : {7300, -7300}) {
    SCOPED_TRACE(days);
    clock.advance(std::chrono::days(days));
    start();
    tick_for_a_minute();
    ask();
    EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce);
    EXPECT_EQ(service->explain("example.com").verdict.mode, VerdictMode::enforce);
    EXPECT_EQ(service->explain("example.com").verdict.mx.size(), 1U);
    ask("new.example");
    dns.answer(id_is("A"));
    EXPECT_EQ(verdicts.back().mode, VerdictMode::temp);
    EXPECT_EQ(verdicts.back().reason, "clock-wrong");
    ask("none.example");
    dns.answer(txt_says({}));
    EXPECT_EQ(verdicts.back().mode, VerdictMode::none);
    ask("broken.example");
    dns.answer(fails());
    EXPECT_EQ(verdicts.back().mode, VerdictMode::temp);
    clock.advance(-std::chrono::days(days));
  }
  EXPECT_EQ(fetch.asked, 1U);
  EXPECT_EQ(log.count("clock-wrong"), 2U);
  start();
  ask();
  dns.answer(fails());
  EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce);
}

TEST_F(VerdictServiceTroubleTest, AClockThatIsSetWrongDuringAFetchJudgesNothing) {
  limits.clock_least = clock.time - std::chrono::days(1000);
  limits.clock_most = clock.time + std::chrono::days(1000);
  start();
  const auto right = clock.time;
  know("enforce", 86400);
  for (const bool works : {false, true}) {
    SCOPED_TRACE(works);
    clock.time = right + 10min;
    ask();
    dns.answer(id_is("B"));
    ask("new.example");
    dns.answer(id_is("A"));
    clock.time = right + std::chrono::days(7300);
    for (int i = 0; i < 2; ++i) {
      fetch.answer(works ? serves("enforce", 86400) : breaks(FetchErrorKind::cert_expired));
    }
    EXPECT_EQ(verdicts[verdicts.size() - 2].mode, VerdictMode::enforce);
    EXPECT_EQ(verdicts.back().reason, "clock-wrong");
    clock.time = right + 11min;
    EXPECT_EQ(service->explain("example.com").policy->fetched, right);
    EXPECT_TRUE(service->explain("new.example").failures.empty());
  }
  ask("slow.example");
  dns.answer(id_is("A"));
  clock.time = right + std::chrono::days(7300);
  for (int i = 0; i < 40; ++i) {
    service->hurry();
  }
  clock.time = right + 12min;
  fetch.answer(serves("enforce", 86400));
  EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce);
}

TEST_F(VerdictServiceTroubleTest, AClockAheadLosesNothingBeforeAFetchHasShownItRight) {
  know("enforce", 86400);
  const auto right = clock.time;
  for (const int days : {40, 200, 900}) {
    SCOPED_TRACE(days);
    clock.time = right + std::chrono::days(days);
    start();
    tick_for_a_minute();
    ask();
    dns.answer(fails());
    EXPECT_EQ(verdicts.back().mode, VerdictMode::temp);
    clock.advance(10s);
    ask();
    dns.answer(id_is("A"));
    fetch.answer(breaks(FetchErrorKind::cert_expired));
    tick_for_a_minute();
    clock.time = right + 1h;
    start();
    ask();
    dns.answer(fails());
    EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce);
  }
  clock.time = right + std::chrono::days(900);
  start();
  know("enforce", 86400, "works.example");
  tick_for_a_minute();
  EXPECT_FALSE(store.rows["example.com"].policy);
}

}  // namespace
}  // namespace mta_sts::sender::service
