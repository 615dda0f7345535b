// This host's trouble is no domain's failure: the decision, and what the service makes of it.
#include "sender/decide/host_health.hpp"

#include "unit/sender/verdict_service_fixture.hpp"

namespace mta_sts::sender::service {
namespace {

constexpr std::chrono::sys_seconds start_time{std::chrono::seconds(1'000'000'000)};

std::string name(int number) {
  return "d" + std::to_string(number) + ".example";
}

/// Whether the last failure of a domain counts as this host's.
bool is_ours(const HostHealth& health, const std::string& domain) {
  return health.is_pausing(domain, start_time);
}

TEST(HostHealth, SeveralDomainsThatFailAlikeAreThisHosts) {
  HostHealth health;
  EXPECT_FALSE(health.note_failure(name(0), HostPart::roots, false, start_time));
  for (int i = 0; i < 20; ++i) {  // one domain, however often
    EXPECT_FALSE(health.note_failure(name(0), HostPart::roots, false, start_time));
  }
  EXPECT_FALSE(health.note_failure(name(1), HostPart::roots, false, start_time));
  EXPECT_FALSE(health.note_failure(name(2), HostPart::roots, false, start_time));
  EXPECT_FALSE(is_ours(health, name(0)));
  EXPECT_TRUE(health.note_failure(name(3), HostPart::roots, false, start_time));
  EXPECT_FALSE(health.note_failure(name(4), HostPart::roots, false, start_time));  // once
  EXPECT_TRUE(is_ours(health, name(0)));
  EXPECT_TRUE(health.is_in_trouble(HostPart::roots));
  EXPECT_FALSE(health.is_in_trouble(HostPart::route));
  EXPECT_EQ(health.domains(HostPart::roots).size(), 5U);
  health.note_success(start_time);
  EXPECT_FALSE(is_ours(health, name(0)));
}

TEST(HostHealth, DifferentFailuresAreTheDomains) {
  HostHealth health;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(health.note_failure(name(i), HostPart::roots, false, start_time));
    EXPECT_FALSE(health.note_failure(name(10 + i), HostPart::clock_ahead, false, start_time));
    EXPECT_FALSE(health.note_failure(name(20 + i), HostPart::clock_behind, false, start_time));
  }
}

TEST(HostHealth, WhereFetchesWorkedAStrangersDomainsProveNothing) {
  HostHealth health;
  health.note_success(start_time);
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(health.note_failure(name(i), HostPart::clock_ahead, false, start_time));
  }
  EXPECT_FALSE(health.note_failure("known1.example", HostPart::clock_ahead, true, start_time));
  EXPECT_TRUE(health.note_failure("known2.example", HostPart::clock_ahead, true, start_time));
}

TEST(HostHealth, NewRootsBeginAnew) {
  HostHealth health;
  health.note_success(start_time);
  health.restart();
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(health.note_failure(name(i), HostPart::roots, false, start_time));
  }
  EXPECT_TRUE(health.note_failure(name(3), HostPart::roots, false, start_time));
}

TEST(HostHealth, ForgetsWhatIsOldAndAWayThatStands) {
  HostHealth health;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(health.note_failure(name(i), HostPart::route, false, start_time));
  }
  EXPECT_FALSE(health.note_failure(name(3), HostPart::route, false, start_time + 25h));
  for (int i = 4; i < 6; ++i) {
    EXPECT_FALSE(health.note_failure(name(i), HostPart::route, false, start_time + 25h));
  }
  EXPECT_FALSE(health.note_failure(name(7), HostPart::roots, false, start_time + 25h));  // over a connection
  EXPECT_FALSE(health.note_failure(name(8), HostPart::route, false, start_time + 25h));
}

TEST(HostHealth, AFetchThatWorkedShowsTheClockForAWeek) {
  HostHealth health;
  EXPECT_FALSE(health.is_clock_shown(start_time));
  health.note_success(start_time);
  EXPECT_TRUE(health.is_clock_shown(start_time));
  EXPECT_TRUE(health.is_clock_shown(start_time + 7 * 24h - 1s));
  EXPECT_FALSE(health.is_clock_shown(start_time + 7 * 24h));
  EXPECT_FALSE(health.is_clock_shown(start_time - 1s));
  health.restart();  // the roots say nothing of it
  EXPECT_TRUE(health.is_clock_shown(start_time));
}

TEST(HostHealth, PausesForAWhile) {
  HostHealth health;
  for (int i = 0; i < 4; ++i) {
    static_cast<void>(health.note_failure(name(i), HostPart::roots, false, start_time));
  }
  EXPECT_TRUE(health.is_pausing(name(1), start_time + 29s));
  EXPECT_FALSE(health.is_pausing(name(1), start_time + 30s));
  EXPECT_FALSE(health.is_pausing(name(1), start_time - 1s));
  EXPECT_FALSE(health.is_pausing("other.example", start_time));
}

TEST(PartOf, IsNothingThatAPeerAloneDecides) {
  FetchError error{.kind = FetchErrorKind::connect_failure, .detail = {}};
  EXPECT_EQ(part_of(error), std::nullopt);
  error.refused_here = true;
  EXPECT_EQ(part_of(error), HostPart::route);
  for (const FetchErrorKind kind : {FetchErrorKind::timeout, FetchErrorKind::tls_handshake,
                                    FetchErrorKind::cert_host_mismatch, FetchErrorKind::http_status}) {
    EXPECT_EQ(part_of({.kind = kind, .detail = {}, .refused_here = true}), std::nullopt);
  }
}

class VerdictServiceTroubleTest : public VerdictServiceTest {
 protected:
  void fail(const std::string& domain, FetchErrorKind kind = FetchErrorKind::cert_untrusted) {
    ask(domain);
    dns.answer(id_is("A"));
    fetch.answer(breaks(kind));
  }
};

TEST_F(VerdictServiceTroubleTest, DrawsNoVerdictWhereEverythingFailsAlike) {
  for (int i = 0; i < 20; ++i) {
    fail(name(i));
  }
  EXPECT_EQ(log.count("fetches-fail-alike"), 1U);
  EXPECT_EQ(counter("fetches-fail-alike"), 17U);
  for (int i = 3; i < 20; ++i) {
    EXPECT_EQ(verdicts[static_cast<std::size_t>(i)].mode, VerdictMode::temp) << i;
    EXPECT_EQ(verdicts[static_cast<std::size_t>(i)].reason, "fetches-fail-alike") << i;
  }
  const auto asked = fetch.asked;
  ask(name(19));  // not asked again at once
  EXPECT_EQ(verdicts.back().mode, VerdictMode::temp);
  EXPECT_EQ(fetch.asked, asked);
  EXPECT_EQ(service->explain(name(19)).verdict.reason, "fetches-fail-alike");
  ask(name(0));  // nor is the first one's failure its own any more
  EXPECT_EQ(verdicts.back().mode, VerdictMode::temp);
  clock.advance(31s);
  ask(name(0));
  dns.answer(id_is("A"));
  ASSERT_EQ(fetch.open.size(), 1U);
  fetch.answer(serves("enforce", 86400));
  EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce);
  ask(name(1));
  dns.answer(id_is("A"));
  ASSERT_EQ(fetch.open.size(), 1U);
  fetch.answer(breaks(FetchErrorKind::cert_untrusted));  // this one's is its own
  EXPECT_EQ(verdicts.back().mode, VerdictMode::none);
}

TEST_F(VerdictServiceTroubleTest, BrokenDomainsBesideWorkingOnesAreTheirOwnTrouble) {  // R73
  for (int i = 0; i < 20; ++i) {
    know("enforce", 86400, "works" + std::to_string(i) + ".example");
    fail(name(i));
    EXPECT_EQ(verdicts.back().mode, VerdictMode::none);
    EXPECT_EQ(verdicts.back().reason, "cert-untrusted");
  }
  EXPECT_EQ(log.count("fetches-fail-alike"), 0U);
}

TEST_F(VerdictServiceTroubleTest, AnAnswerOfAnyKindShowsThatThisHostWorks) {
  for (int i = 0; i < 20; ++i) {
    fail(name(i), i % 3 == 2 ? FetchErrorKind::http_status : FetchErrorKind::cert_untrusted);
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
