// A policy over months: what its owner does to it, hour by hour, with a restart in every state.
#include "unit/sender/verdict_service_fixture.hpp"

namespace mta_sts::sender::service {
namespace {

class MonthsTest : public VerdictServiceTest {
 protected:
  DnsAnswer record = id_is("A");
  FetchResult policy = serves("testing", 604800);

  void answer_all() {
    while (!dns.open.empty() || !fetch.open.empty()) {
      if (!dns.open.empty()) {
        dns.answer(record);
      }
      if (!fetch.open.empty()) {
        fetch.answer(policy);
      }
    }
  }

  void live_through(std::chrono::hours span) {
    for (std::chrono::hours passed{0}; passed < span; ++passed) {
      clock.advance(1h);
      tick_for_a_minute();
      answer_all();
    }
  }

  Verdict told() {
    ask();
    answer_all();
    return verdicts.back();
  }

  /// "MODE REASON MX", the same before and behind a restart.
  std::string state() {
    const Verdict before = told();
    service->write_all();
    start();
    const Verdict after = told();
    EXPECT_EQ(after.mode, before.mode);
    EXPECT_EQ(after.reason, before.reason);
    EXPECT_EQ(after.id, before.id);
    EXPECT_EQ(after.mx, before.mx);
    EXPECT_EQ(after.expires, before.expires);
    return std::string(to_string(after.mode)) + " " + after.reason + " " +
           (after.mx.empty() ? "" : after.mx.front());
  }

  std::chrono::seconds left() { return *told().expires - clock.time; }
};

TEST_F(MonthsTest, GoesFromTestingToEnforceToNoneToNothing) {
  EXPECT_EQ(state(), "testing  mail.example.com");
  record = id_is("B");
  policy = serves("enforce", 604800);
  clock.advance(301s);
  EXPECT_EQ(state(), "enforce  mail.example.com");
  live_through(24h * 60);
  EXPECT_EQ(state(), "enforce  mail.example.com");
  policy = serves("enforce", 604800, "new.example.com");  // its id did not change
  live_through(48h);
  EXPECT_EQ(state(), "enforce  new.example.com");
  record = id_is("C");
  policy = serves("none", 86400);
  clock.advance(301s);
  EXPECT_EQ(state(), "none  ");
  record = txt_says({});
  policy = breaks(FetchErrorKind::http_status);
  EXPECT_EQ(state(), "none  ");
  live_through(72h);
  EXPECT_EQ(state(), "none txt-none ");
}

TEST_F(MonthsTest, FollowsMaxAgeBothWays) {
  policy = serves("enforce", 31557600);
  EXPECT_EQ(left(), 31557600s);
  policy = serves("enforce", 86400);
  live_through(48h);
  EXPECT_LE(left(), 86400s);
  EXPECT_EQ(state(), "enforce  mail.example.com");
  policy = serves("enforce", 9999999999);  // over the limit of RFC 8461 section 3.2
  live_through(48h);
  EXPECT_LE(left(), 31557600s);
  EXPECT_GT(left(), 31557600s - 48h);
  EXPECT_EQ(state(), "enforce  mail.example.com");
  policy = serves("enforce", 0);
  live_through(48h);
  EXPECT_EQ(state(), "enforce  mail.example.com");
  EXPECT_FALSE(service->explain("example.com").policy);
}

TEST_F(MonthsTest, ObeysAPolicyThatCannotBeRefreshedUntilItsExpiry) {
  policy = serves("enforce", 1209600);
  EXPECT_EQ(state(), "enforce  mail.example.com");
  policy = breaks(FetchErrorKind::http_status);
  live_through(24h * 6);
  EXPECT_EQ(log.count("policy-expiring"), 0U);
  record = txt_says({});  // gone within its life
  EXPECT_EQ(state(), "enforce  mail.example.com");
  live_through(24h * 7);
  EXPECT_EQ(state(), "enforce  mail.example.com");
  EXPECT_GE(log.count("policy-expiring"), 5U);
  EXPECT_LE(log.count("policy-expiring"), 9U);
  record = fails();
  live_through(24h * 2);
  EXPECT_EQ(state(), "temp txt-lookup-failed ");  // it had a record: whoever makes DNS fail gains nothing
  record = id_is("A");
  clock.advance(301s);
  EXPECT_EQ(state(), "none http-status ");
  policy = serves("enforce", 1209600);
  clock.advance(301s);
  EXPECT_EQ(state(), "enforce  mail.example.com");
}

}  // namespace
}  // namespace mta_sts::sender::service
