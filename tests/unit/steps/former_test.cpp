#include "steps/former.hpp"

#include <gtest/gtest.h>

#include "situations.hpp"

namespace mta_sts::steps {
namespace {

Live live_with(std::vector<std::string> bodies, Known served = Known::yes) {
  Live live;
  live.is_asked = true;
  live.served = {.known = served, .detail = {}};
  live.bodies = std::move(bodies);
  return live;
}

const Live serves_none = live_with({period(none, 0, 0).body});

Withdrawal decided(const Periods& periods, int today, const Live& live = serves_none) {
  return next_withdrawal(periods, live, start + today * day);
}

TEST(StepsFormer, WithdrawsInTheOrderOfTheRfc) {  // RFC 8461 section 8.3
  const Periods gone = {period(enforced, 0, 5)};
  const Periods live_enforced = {period(enforced, 0, 0)};
  const Periods since_5 = {period(enforced, 0, 5), period(none, 5, 0)};
  EXPECT_EQ(decided({}, 9), Withdrawal::nothing);
  EXPECT_EQ(decided(gone, 9), Withdrawal::nothing);
  EXPECT_EQ(decided(live_enforced, 9), Withdrawal::put_none);
  EXPECT_EQ(decided(since_5, 14), Withdrawal::wait);  // ten days from day 5 on
  EXPECT_EQ(decided(since_5, 15), Withdrawal::remove);
  EXPECT_EQ(decided({period(none, 0, 0)}, 1), Withdrawal::remove);  // nobody was asked for TLS
}

TEST(StepsFormer, CountsTheLongestMaxAgeAndNotTheLast) {  // "older policies may have had a greater max_age"
  const Policy brief = policy(Mode::testing, {"mx.example.com"});
  const Periods periods = {period(enforced, 0, 5), period(brief, 5, 6), period(none, 6, 0)};
  EXPECT_EQ(old_copies_until(periods), start + 15 * day);
  const Policy eternal = policy(Mode::enforce, {"mx.example.com"}, 9'999'999'999);  // kept for a year (P2)
  EXPECT_EQ(old_copies_until({period(eternal, 0, 1)}),
            start + day + std::chrono::seconds(max_age_limit_seconds));
}

TEST(StepsFormer, RemovesNothingThatMayStillBeServed) {
  const Periods since_5 = {period(enforced, 0, 5), period(none, 5, 0)};
  EXPECT_EQ(decided(since_5, 20, live_with({since_5.front().body})), Withdrawal::wait);
  EXPECT_EQ(decided(since_5, 20, live_with({}, Known::not_known)), Withdrawal::not_known);
  EXPECT_EQ(decided(since_5, 20, live_with({}, Known::no)), Withdrawal::remove);  // the host is gone
  EXPECT_EQ(decided(since_5, 20, Live()), Withdrawal::remove);                    // nothing was asked
}

TEST(StepsFormer, FindsWhatIsServedOfOldPolicies) {
  const Periods periods = {period(enforced, 0, 5), period(none, 5, 0)};
  const std::string other = period(policy(Mode::testing, {"mx.example.com"}), 0, 0).body;
  const std::string old = periods.front().body;
  EXPECT_TRUE(old_bodies(periods, live_with({periods.back().body, "no policy"})).empty());
  EXPECT_EQ(old_bodies(periods, live_with({periods.back().body, old, other})), (std::vector{old, other}));
  EXPECT_EQ(old_bodies({period(enforced, 0, 5)}, live_with({old})), std::vector{old});
}

TEST(StepsFormer, KnowsATestThatNobodyCanKnowOf) {
  Situation s = published(policy(Mode::testing, {"mx.example.com"}));
  const auto unknown = [&s] { return is_unannounced_test(s.periods, s.live, s.now); };
  EXPECT_FALSE(unknown());
  s.live.record.id = "other";
  EXPECT_TRUE(unknown());
  s.live.record.outcome = TxtOutcome::temp;
  EXPECT_FALSE(unknown());
  s.live.record.outcome = TxtOutcome::none;
  EXPECT_TRUE(unknown());
  s.now = s.periods.back().since;
  EXPECT_FALSE(unknown());
  s = published(enforced);
  s.live.record.id = "other";
  EXPECT_FALSE(unknown());
}

TEST(StepsFormer, FindsPoliciesThatOthersServed) {
  const Periods periods = {period(enforced, 0, 0)};
  const std::string other = period(policy(Mode::testing, {"mx.example.com"}), 0, 0).body;
  EXPECT_TRUE(unknown_bodies(periods, live_with({periods.front().body})).empty());
  EXPECT_EQ(unknown_bodies(periods, live_with({periods.front().body, other})), std::vector{other});
}

}  // namespace
}  // namespace mta_sts::steps
