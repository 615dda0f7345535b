// Askers do not wait for what hangs, and strangers do not make this host ask for ever.
#include "unit/sender/verdict_service_fixture.hpp"

namespace mta_sts::sender::service {
namespace {

void hurry(VerdictService& service, int beats) {
  for (int i = 0; i < beats; ++i) {
    service.hurry();
  }
}

TEST_F(VerdictServiceTest, APolicyHostThatHangsDoesNotHoldMailUp) {  // R73
  ask();
  dns.answer(id_is("A"));
  hurry(*service, 15);
  EXPECT_TRUE(verdicts.empty());
  hurry(*service, 1);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].mode, VerdictMode::none);
  EXPECT_EQ(verdicts[0].reason, "fetch-slow");
  EXPECT_FALSE(service->has_waiters());
  ask();  // what others waited for already, nobody waits for again
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[1].reason, "fetch-slow");
  EXPECT_EQ(fetch.asked, 1U);
  fetch.answer(serves("enforce", 86400));  // it went on
  ask();
  EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce);
  EXPECT_EQ(verdicts.back().source, VerdictSource::cache);
}

TEST_F(VerdictServiceTest, ThePatienceForAPolicyHostIsAnOption) {
  limits.fetch_patience = 1s;
  start();
  ask();
  dns.answer(id_is("A"));
  hurry(*service, 4);
  EXPECT_EQ(verdicts.size(), 1U);
}

TEST_F(VerdictServiceTest, WaitsHalfAsLongWhereManyPolicyHostsHang) {
  const auto ask_hanging = [this](int first, int last) {
    for (int i = first; i < last; ++i) {
      ask("hangs" + std::to_string(i) + ".example");
      dns.answer(id_is("A"));
    }
  };
  ask_hanging(0, 7);
  hurry(*service, 8);
  EXPECT_TRUE(verdicts.empty());  // seven are not many
  ask_hanging(7, 8);
  hurry(*service, 7);
  EXPECT_TRUE(verdicts.empty());
  hurry(*service, 1);
  EXPECT_EQ(verdicts.size(), 8U);
  ask_hanging(8, 9);
  hurry(*service, 7);
  EXPECT_EQ(verdicts.size(), 8U);  // its own host has its time
  hurry(*service, 1);
  EXPECT_EQ(verdicts.size(), 9U);
  while (!fetch.open.empty()) {
    fetch.answer(breaks());
  }
  ask_hanging(9, 10);
  hurry(*service, 15);
  EXPECT_EQ(verdicts.size(), 9U);
  hurry(*service, 1);
  EXPECT_EQ(verdicts.size(), 10U);
}

TEST_F(VerdictServiceTest, WaitsAQuarterAsLongForAnAddressThatHangsForMany) {
  const auto ask_one = [this](const std::string& domain) {
    ask(domain);
    dns.answer(id_is("A"));
  };
  fetch.shared = IpAddress::parse("2001:db8:1:2::1");
  for (int i = 0; i < 8; ++i) {
    ask_one("hangs" + std::to_string(i) + ".example");
  }
  hurry(*service, 8);
  EXPECT_EQ(verdicts.size(), 8U);
  fetch.shared = IpAddress::parse("2001:db8:1:3::1");  // of the same network
  ask_one("there.example");
  fetch.shared.reset();
  ask_one("elsewhere.example");
  hurry(*service, 3);
  EXPECT_EQ(verdicts.size(), 8U);
  hurry(*service, 1);
  ASSERT_EQ(verdicts.size(), 9U);
  EXPECT_EQ(verdicts[8].reason, "fetch-slow");
  hurry(*service, 3);
  EXPECT_EQ(verdicts.size(), 9U);  // another host has the time that it had
  hurry(*service, 1);
  EXPECT_EQ(verdicts.size(), 10U);
}

TEST_F(VerdictServiceTest, WaitsOnWhereNobodyWasAskedYet) {
  fetch.has_place = false;
  ask();
  dns.answer(id_is("A"));
  hurry(*service, 100);
  EXPECT_TRUE(verdicts.empty());
  fetch.open.front().order.begun(fetch.address());
  hurry(*service, 15);
  EXPECT_TRUE(verdicts.empty());  // its own time begins with the question to its host
  hurry(*service, 1);
  EXPECT_EQ(verdicts.size(), 1U);
}

TEST_F(VerdictServiceTest, AnswersByTheLastFailureWhileTheNextFetchHangs) {  // R73
  ask();
  dns.answer(id_is("A"));
  fetch.answer(breaks(FetchErrorKind::cert_expired));
  clock.advance(6h);  // as long as mail servers wait between attempts
  start();
  fetch.has_place = false;
  ask();
  dns.answer(id_is("A"));
  EXPECT_EQ(fetch.asked, 2U);
  hurry(*service, 16);
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[1].mode, VerdictMode::none);
  EXPECT_EQ(verdicts[1].reason, "cert-expired");
}

TEST_F(VerdictServiceTest, AFetchThatIsNotBegunLeavesTheLastFailure) {
  ask();
  dns.answer(id_is("A"));
  fetch.answer(breaks());
  clock.advance(15min);
  ask();
  dns.answer(id_is("A"));
  FetchError not_begun;
  not_begun.begun = false;
  fetch.answer(std::unexpected(not_begun));
  EXPECT_EQ(verdicts.back().mode, VerdictMode::none);
  EXPECT_EQ(verdicts.back().reason, "connect-failure");
}

TEST_F(VerdictServiceTest, ALivePolicyIsServedAfterASecondOfSilentDns) {  // R74
  know("enforce", 86400);
  clock.advance(400s);
  ask();
  hurry(*service, 3);
  EXPECT_EQ(verdicts.size(), 1U);
  hurry(*service, 1);
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[1].mode, VerdictMode::enforce);
  ask("other.example");  // nothing is known of it: it waits
  hurry(*service, 40);
  EXPECT_EQ(verdicts.size(), 2U);
  dns.answer(id_is("A"));
  EXPECT_EQ(service->explain("example.com").record, "ok");
}

TEST_F(VerdictServiceTest, TellsUrgentFetchesFromOthers) {
  const auto rank = [&] { return fetch.open.back().order.rank; };
  ask();
  dns.answer(id_is("A"));
  EXPECT_EQ(rank(), FetchRank::first);
  fetch.answer(breaks());
  clock.advance(301s);
  ask();
  dns.answer(id_is("A"));
  EXPECT_EQ(rank(), FetchRank::again);
  fetch.answer(serves("enforce", 86400));
  clock.advance(20h);
  tick_for_a_minute();
  dns.answer(id_is("A"));
  EXPECT_EQ(rank(), FetchRank::again);
}

TEST_F(VerdictServiceTest, DnsThatFailsForEverDoesNotHoldMailForEver) {
  for (int hours = 0; hours <= 6; hours += 2) {
    ask();
    dns.answer(fails(hours % 4 == 0 ? DnsStatus::serv_fail : DnsStatus::cname_loop));
    EXPECT_EQ(verdicts.back().mode, hours < 4 ? VerdictMode::temp : VerdictMode::none) << hours;
    EXPECT_EQ(verdicts.back().reason, hours < 4 ? "txt-lookup-failed" : "dns-failure-limit") << hours;
    clock.advance(2h);
  }
  EXPECT_EQ(log.count("dns-failure-limit"), 1U);
  start();
  ask();
  dns.answer(fails());
  EXPECT_EQ(verdicts.back().mode, VerdictMode::none);
  EXPECT_TRUE(service->explain("example.com").failing_since);
  clock.advance(10s);
  ask();
  dns.answer(id_is("A"));
  EXPECT_EQ(fetch.asked, 1U);
  fetch.answer(serves("enforce", 600));
  clock.advance(24h);
  for (int i = 0; i < 5; ++i) {  // seen with a record: never again
    ask();
    dns.answer(fails());
    EXPECT_EQ(verdicts.back().mode, VerdictMode::temp);
    clock.advance(3h);
  }
}

TEST_F(VerdictServiceTest, WhereEveryNameFailsItIsNoDomainsOwnTrouble) {
  for (int hours = 0; hours <= 6; hours += 2) {
    for (int i = 0; i < 20; ++i) {
      ask("d" + std::to_string(i) + ".example");
      dns.answer(fails(DnsStatus::timeout));
    }
    clock.advance(2h);
  }
  ask("last.example");
  dns.answer(fails(DnsStatus::timeout));
  ask("d19.example");
  dns.answer(fails(DnsStatus::timeout));
  EXPECT_EQ(verdicts.back().mode, VerdictMode::temp);
}

TEST_F(VerdictServiceTest, WhereNobodyWasAskedItIsNoDomainsOwnTrouble) {
  DnsAnswer unasked = fails(DnsStatus::timeout);
  unasked.own_trouble = true;
  for (int hours = 0; hours <= 12; hours += 2) {
    ask();
    dns.answer(unasked);
    EXPECT_EQ(verdicts.back().mode, VerdictMode::temp) << hours;
    clock.advance(2h);
  }
  ask();
  dns.answer(fails());  // the first failure of its own
  EXPECT_EQ(verdicts.back().mode, VerdictMode::temp);
}

TEST_F(VerdictServiceTest, TheDnsFailureLimitOfZeroIsNever) {
  limits.dns_failure_limit = 0s;
  start();
  for (int i = 0; i < 5; ++i) {
    ask();
    dns.answer(fails());
    EXPECT_EQ(verdicts.back().mode, VerdictMode::temp);
    clock.advance(3h);
  }
  EXPECT_TRUE(store.rows.empty());
}

TEST_F(VerdictServiceTest, OneMailCausesNoFetchesForMonths) {
  for (int i = 0; i < 40; ++i) {
    know("enforce", 150, "d" + std::to_string(i) + ".example");
  }
  for (int i = 0; i < 10; ++i) {
    clock.advance(30s);
    tick_for_a_minute();
    ASSERT_TRUE(dns.open.empty());
  }
  EXPECT_EQ(fetch.asked, 40U);
}

TEST_F(VerdictServiceTest, SpreadsRefreshesOverTheDay) {
  limits.refreshes = 1000;
  start();
  for (int i = 0; i < 240; ++i) {
    know("enforce", 7 * 86400, "d" + std::to_string(i) + ".example");
  }
  std::size_t most = 0;
  clock.advance(24h);
  for (int hour = 0; hour < 24; ++hour) {
    clock.advance(1h);
    tick_for_a_minute();
    most = std::max(most, dns.open.size());
    while (!dns.open.empty()) {
      dns.answer(id_is("A"));
      fetch.answer(serves("enforce", 7 * 86400));
    }
  }
  EXPECT_EQ(fetch.asked, 480U);
  EXPECT_LE(most, 40U);
}

TEST_F(VerdictServiceTest, CountsVerdictsAndFetchesByTheirKind) {
  know("enforce", 86400);
  ask();
  ask("none.example");
  dns.answer(txt_says({}));
  ask("broken.example");
  dns.answer(id_is("A"));
  fetch.answer(breaks(FetchErrorKind::cert_expired));
  EXPECT_EQ(counter(R"(verdicts_total{mode="enforce",source="fetch",reason=""})"), 1U);
  EXPECT_EQ(counter(R"(verdicts_total{mode="enforce",source="cache",reason=""})"), 1U);
  EXPECT_EQ(counter(R"(verdicts_total{mode="none",source="none",reason="txt-none"})"), 1U);
  EXPECT_EQ(counter(R"(verdicts_total{mode="none",source="none",reason="cert-expired"})"), 1U);
  EXPECT_EQ(counter(R"(fetch_results_total{result="ok"})"), 1U);
  EXPECT_EQ(counter(R"(fetch_results_total{result="cert-expired"})"), 1U);
  EXPECT_EQ(counter("fetch_seconds_count"), 2U);
  clock.advance(3h);
  EXPECT_EQ(counter("oldest-policy-seconds"), 10800U);
  EXPECT_EQ(counter("days-to-expiry"), 0U);
}

TEST_F(VerdictServiceTest, ExplainsTheNextTryAndThePeer) {
  ask();
  dns.answer(id_is("A"));
  FetchError error{.kind = FetchErrorKind::http_status, .detail = "404", .peer = "192.0.2.7"};
  fetch.answer(std::unexpected(error));
  const Explanation failed = service->explain("example.com");
  EXPECT_EQ(failed.next_try, clock.time + 300s);
  EXPECT_EQ(failed.peer, "192.0.2.7");
  EXPECT_EQ(failed.verdict.reason, "http-status");
  clock.advance(301s);
  EXPECT_EQ(service->explain("example.com").next_try, std::nullopt);
  EXPECT_EQ(service->explain("example.com").verdict.reason, "http-status");  // what is known still
}

TEST_F(VerdictServiceTest, ExplainsAFailureThatItOnlyRemembers) {
  ask();
  dns.answer(id_is("A"));
  fetch.answer(breaks());
  start();
  const Explanation explanation = service->explain("example.com");
  EXPECT_EQ(explanation.verdict.reason, "not-asked-yet");
  EXPECT_EQ(explanation.failures.size(), 1U);
  EXPECT_EQ(explanation.next_try, clock.time + 300s);
}

TEST_F(VerdictServiceTest, ExplainsARecordWhosePolicyIsStillToCome) {
  ask();
  dns.answer(id_is("A"));
  const Explanation explanation = service->explain("example.com");
  EXPECT_EQ(explanation.verdict.mode, VerdictMode::temp);
  EXPECT_EQ(explanation.verdict.reason, "not-fetched-yet");
}

}  // namespace
}  // namespace mta_sts::sender::service
