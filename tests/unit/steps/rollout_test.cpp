#include "steps/rollout.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "situations.hpp"
#include "steps/sharers.hpp"

namespace mta_sts::steps {
namespace {

const Policy tested_day = policy(Mode::testing, {"mx.example.com"});
const Policy tested_week = policy(Mode::testing, {"mx.example.com"}, week_seconds);
const Policy enforced_two_weeks = policy(Mode::enforce, {"mx.example.com"}, 2 * week_seconds);
const NetworkAnswer good{.known = Known::yes, .detail = {}};
const NetworkAnswer bad{.known = Known::no, .detail = "bad"};
const NetworkAnswer unknown{.known = Known::not_known, .detail = "unknown"};
const RolloutWish to_enforce;
const RolloutWish to_testing{.goal = Goal::testing};
const RolloutWish to_none{.goal = Goal::none};

// A domain of these periods, the last of which is live and announced, at the end of a day.
Situation at_day(int today, const Periods& periods) {
  Situation s = published(enforced);
  s.periods = periods;
  s.now = start + today * day;
  s.live.mail_tls = good;
  s.live.reports.outcome = TxtOutcome::ok;
  s.live.bodies = {periods.empty() ? "" : periods.back().body};
  s.live.record.id = periods.empty() ? "" : periods.back().id;
  return s;
}

Rollout rolled(const Situation& s, const RolloutWish& wish, const NetworkAnswer& reports = good) {
  const Plan plan = is_plan_of_wish(s, wish) ? plan_of(s) : Plan();
  return rollout_of(s, plan, wish, reports);
}

// The stages that are not done: name, state, and the day from which they are safe.
std::string words_of(const Situation& s, const RolloutWish& wish, const NetworkAnswer& reports = good) {
  const Rollout rollout = rolled(s, wish, reports);
  std::string words;
  for (const Stage& stage : rollout.stages) {
    if (stage.state != StepState::done) {
      words += (words.empty() ? "" : " ") + std::string(to_string(stage.name)) + "=" +
               std::string(to_string(stage.state));
      words += stage.earliest ? "@" + std::to_string((*stage.earliest - start) / day) : "";
    }
  }
  return words.empty() ? "done" : words;
}

std::string next_words(const Situation& s, const RolloutWish& wish) {
  const Rollout rollout = rolled(s, wish);
  std::string words;
  if (const Stage* next = rollout.next(); next != nullptr && next->policy) {
    for (const std::string& word : next->policy->words) {
      words += (words.empty() ? "" : " ") + word;
    }
  }
  return words;
}

std::string after(const Situation& from, const std::function<void(Situation&)>& change,
                  const NetworkAnswer& reports = good, const RolloutWish& wish = to_enforce) {
  Situation s = from;
  change(s);
  return words_of(s, wish, reports);
}

TEST(StepsRollout, BeginsWithWhatTakesTheMailNow) {
  const Situation s = at_day(0, {});
  EXPECT_EQ(words_of(s, to_enforce), "testing-day=to-do@0 testing-week=not-yet@2 enforce=not-yet@9");
  EXPECT_EQ(next_words(s, to_enforce), "testing mx=mx.example.com max_age=86400");
  EXPECT_EQ(words_of(s, to_testing), "testing-day=to-do@0 testing-week=not-yet@2");
  const auto mail_hosts = [](Known known) {
    return [known](Situation& t) { t.live.mail_hosts = {.known = known, .detail = "why"}; };
  };
  EXPECT_EQ(after(s, mail_hosts(Known::not_known)),
            "testing-day=not-known testing-week=not-yet@2 enforce=not-yet@9");
  EXPECT_EQ(after(s, mail_hosts(Known::no)), "testing-day=at-fault testing-week=not-yet@2 enforce=not-yet@9");
  EXPECT_EQ(after(s, [](Situation& t) { t.live.has_mx_record = false; }),
            "testing-day=at-fault testing-week=not-yet@2 enforce=not-yet@9");
  EXPECT_EQ(words_of(at_day(5, {period(none, 3, 0)}), to_enforce),
            "testing-day=to-do@5 testing-week=not-yet@7 enforce=not-yet@14");
}

TEST(StepsRollout, LetsNoMxOfDnsWriteLinesOfThePolicy) {
  for (const char* name : {"mx.example.com\r\nmode: none", "a b.example.com", "192.0.2.1", "",
                           "mx..example.com", "*.example.com", "localhost"}) {
    Situation s = at_day(0, {});
    s.live.mx = {"mx.example.com", name};
    EXPECT_EQ(words_of(s, to_testing), "testing-day=at-fault testing-week=not-yet@2") << name;
    EXPECT_EQ(next_words(s, to_testing), "") << name;
  }
}

TEST(StepsRollout, IsNotAwayWhileSendersMayHoldARemovedPolicy) {
  Situation s = at_day(5, {period(enforced, 0, 3)});
  EXPECT_EQ(words_of(s, to_none), "none=at-fault@5 removal=not-yet@13");
  s = at_day(14, {period(enforced, 0, 3)});
  s.live.bodies.clear();
  EXPECT_EQ(words_of(s, to_none), "done");
}

TEST(StepsRollout, CountsTheTestFromWhenNothingElseWasServed) {
  Periods periods = {period(none, 0, 1), period(tested_week, 1, 0)};
  EXPECT_EQ(words_of(at_day(8, periods), to_enforce), "enforce=to-do@8");
  periods.front() = period(policy(Mode::testing, {"mx.example.net"}), 0, 4);  // from a cache
  EXPECT_EQ(words_of(at_day(8, periods), to_enforce), "enforce=waiting@11");
}

// The state of a stage that enforces for another domain too.
StepState shared(const std::function<void(Sharer&)>& change, bool asks_tls = true) {
  const Rollout rollout = rolled(at_day(50, {period(tested_week, 0, 0)}), to_enforce);
  Stage stage = rollout.stages.back();
  EXPECT_TRUE(concerns_sharers(stage));
  Sharer other{.domain = "example.org", .live = published(enforced).live, .reports = unknown};
  other.live.mail_tls = good;
  change(other);
  judge_sharers(stage, {other}, asks_tls);
  return stage.state;
}

TEST(StepsRollout, AsksEveryDomainThatHasThePolicy) {  // RFC 8461 sections 4.1 and 5
  EXPECT_EQ(shared([](Sharer&) {}), StepState::to_do);
  EXPECT_EQ(shared([](Sharer& s) { s.live.mx.emplace_back("mx.example.net"); }), StepState::at_fault);
  EXPECT_EQ(shared([](Sharer& s) { s.live.mail_tls = bad; }), StepState::at_fault);
  EXPECT_EQ(shared([](Sharer& s) { s.live.mail_tls = bad; }, false), StepState::to_do);
  EXPECT_EQ(shared([](Sharer& s) { s.live.mail_tls = unknown; }), StepState::not_known);
  EXPECT_EQ(shared([](Sharer& s) {
              s.live.mail_tls = unknown;
              s.reports = good;
            }),
            StepState::to_do);
  EXPECT_EQ(shared([](Sharer& s) { s.reports = bad; }), StepState::at_fault);
  EXPECT_EQ(shared([](Sharer& s) { s.live = Live(); }), StepState::not_known);
  EXPECT_EQ(shared([](Sharer& s) { s.live.mail_hosts = bad, s.live.mx.clear(); }),
            StepState::to_do);  // null MX
}

TEST(StepsRollout, NeverWaitsForOthersOnTheWayBack) {
  const Rollout back = rolled(at_day(50, {period(enforced_two_weeks, 0, 0)}), to_testing);
  EXPECT_FALSE(concerns_sharers(back.stages.front()));
}

TEST(StepsRollout, DropsNoHostThatAPatternStillNames) {
  const Policy wide = policy(Mode::enforce, {"*.example.com", "mx.example.net"});
  Situation s = at_day(50, {period(wide, 0, 0)});
  s.live.mx = {"mx.example.net"};
  RolloutWish wish;
  wish.old_mx = {"mx.example.com"};
  EXPECT_EQ(words_of(s, wish), "old-mx=at-fault");
}

TEST(StepsRollout, WaitsLongerWhereTheClockWasSetBack) {
  EXPECT_EQ(words_of(at_day(-5, {period(tested_day, 0, 0)}), to_testing), "testing-week=waiting@2");
  EXPECT_EQ(words_of(at_day(-5, {period(enforced, 0, 1), period(none, 1, 0)}), to_none),
            "removal=waiting@11");
  Situation s = at_day(0, {period(tested_day, 0, 0)});
  s.now = start + first_testing_days - std::chrono::seconds(1);
  EXPECT_EQ(words_of(s, to_testing), "testing-week=waiting@2");
  s.now += std::chrono::seconds(1);
  EXPECT_EQ(words_of(s, to_testing), "testing-week=to-do@2");
}

TEST(StepsRollout, TestsForADayOfReportsThenForAWeek) {
  const Periods first = {period(tested_day, 0, 0)};
  EXPECT_EQ(words_of(at_day(1, first), to_enforce), "testing-week=waiting@2 enforce=not-yet@9");
  EXPECT_EQ(words_of(at_day(2, first), to_enforce), "testing-week=to-do@2 enforce=not-yet@9");
  EXPECT_EQ(next_words(at_day(2, first), to_enforce), "testing mx=mx.example.com max_age=604800");
  const Periods second = {period(tested_day, 0, 3), period(tested_week, 3, 0)};
  EXPECT_EQ(words_of(at_day(9, second), to_enforce), "enforce=waiting@10");
  EXPECT_EQ(words_of(at_day(10, second), to_enforce), "enforce=to-do@10");
  EXPECT_EQ(next_words(at_day(10, second), to_enforce), "enforce mx=mx.example.com max_age=1209600");
  EXPECT_EQ(words_of(at_day(10, second), to_testing), "done");
  EXPECT_EQ(words_of(at_day(10, second), {.testing_days = std::chrono::days(30)}), "enforce=waiting@33");
  EXPECT_EQ(words_of(at_day(20, {period(enforced_two_weeks, 10, 0)}), to_enforce), "done");
}

TEST(StepsRollout, CountsTheDaysOfTestingAnewAfterAnotherMxOrAGap) {
  const Policy other = policy(Mode::testing, {"mx.example.net"}, week_seconds);
  EXPECT_EQ(words_of(at_day(10, {period(other, 0, 6), period(tested_week, 6, 0)}), to_enforce),
            "enforce=waiting@13");
  EXPECT_EQ(words_of(at_day(10, {period(tested_week, 0, 4), period(tested_week, 6, 0)}), to_enforce),
            "enforce=waiting@13");
  EXPECT_EQ(words_of(at_day(30, {period(enforced, 0, 25), period(tested_week, 25, 0)}), to_enforce),
            "enforce=waiting@32");
}

TEST(StepsRollout, EnforcesOnlyWhatSendersFindInOrder) {
  const Situation s = at_day(10, {period(tested_week, 0, 0)});
  EXPECT_EQ(words_of(s, to_enforce), "enforce=to-do@10");
  EXPECT_EQ(after(s, [](Situation& t) { t.live.mx.emplace_back("mx.example.net"); }), "enforce=at-fault@10");
  EXPECT_EQ(after(s, [](Situation& t) { t.live.bodies.push_back(period(none, 0, 0).body); }),
            "enforce=at-fault@10");  // one of two addresses
  EXPECT_EQ(after(s, [](Situation& t) { t.live.record.id = "20260101"; }), "enforce=not-yet@10");
  EXPECT_EQ(after(s, [](Situation& t) { t.live.mail_tls = bad; }), "enforce=at-fault@10");
  EXPECT_EQ(after(s, [](Situation& t) { t.live = Live(); }), "enforce=not-known@10");
  EXPECT_EQ(words_of(at_day(5, s.periods), to_enforce, bad),
            "enforce=at-fault@7");  // a fault is told before its day
}

TEST(StepsRollout, WantsReportsOrTheWordToGoOnWithout) {
  const Situation s = at_day(10, {period(tested_week, 0, 0)});
  EXPECT_EQ(words_of(s, to_enforce, bad), "enforce=at-fault@10");
  EXPECT_EQ(words_of(s, to_enforce, unknown), "enforce=not-yet@10");
  EXPECT_EQ(words_of(s, {.without_reports = true}, unknown), "enforce=to-do@10");
  EXPECT_EQ(words_of(s, {.without_reports = true}, bad), "enforce=at-fault@10");
  const auto port_25_is_blocked = [](Situation& t) { t.live.mail_tls = unknown; };
  EXPECT_EQ(after(s, port_25_is_blocked), "enforce=to-do@10");  // reports vouch for the hosts
  EXPECT_EQ(after(s, port_25_is_blocked, unknown, {.without_reports = true}), "enforce=not-known@10");
}

TEST(StepsRollout, GoesBackAtOnceUnderAnIdThatWasNeverInUse) {  // position P27
  const Periods led = {period(tested_day, 0, 2), period(tested_week, 2, 9), period(enforced_two_weeks, 9, 0)};
  Situation s = at_day(20, led);
  EXPECT_EQ(words_of(s, to_testing), "testing-day=to-do@20 testing-week=not-yet@22");
  EXPECT_EQ(next_words(s, to_testing), "testing mx=mx.example.com max_age=86400 serial=1");
  const Rollout rollout = rolled(s, to_testing);
  EXPECT_NE(rollout.next()->detail.find("may enforce until"), std::string::npos);
  s.live.mx = {"mx.example.net"};  // what fails must not hold the way back up
  s.live.mail_tls = bad;
  EXPECT_EQ(words_of(s, to_testing, bad), "testing-day=to-do@20 testing-week=not-yet@22");
  s.live = Live();
  EXPECT_EQ(words_of(s, to_testing, unknown), "testing-day=to-do@20 testing-week=not-yet@22");
}

TEST(StepsRollout, TakesNoIdThatIsAnnouncedAlready) {
  Situation s = at_day(0, {});
  s.live.record.id = period(tested_day, 0, 0).id;
  EXPECT_EQ(next_words(s, to_enforce), "testing mx=mx.example.com max_age=86400 serial=1");
}

TEST(StepsRollout, WithdrawsByNoneAndWaitsForTheLongestMaxAge) {  // RFC 8461 section 8.3
  const Periods led = {period(enforced_two_weeks, 0, 4), period(enforced, 4, 0)};
  EXPECT_EQ(words_of(at_day(5, led), to_none), "none=to-do@5 removal=not-yet@18");
  EXPECT_EQ(next_words(at_day(5, led), to_none), "none max_age=86400");
  const Periods withdrawn = {period(enforced, 0, 5), period(none, 5, 0)};
  EXPECT_EQ(words_of(at_day(14, withdrawn), to_none), "removal=waiting@15");
  EXPECT_EQ(words_of(at_day(15, withdrawn), to_none), "removal=to-do@15");
  EXPECT_EQ(after(
                at_day(15, withdrawn), [](Situation& t) { t.live.bodies = {t.periods.front().body}; }, good,
                to_none),
            "removal=not-yet@15");
  EXPECT_EQ(after(
                at_day(15, withdrawn), [](Situation& t) { t.live.served = unknown; }, good, to_none),
            "removal=not-known@15");
  EXPECT_EQ(words_of(at_day(20, {period(enforced, 0, 5), period(none, 5, 19)}), to_none), "done");
}

TEST(StepsRollout, NamesNewMailHostsBeforeDnsDoes) {
  const RolloutWish move{.new_mx = {"mx.example.net"}, .old_mx = {"mx.example.com"}};
  Situation s = at_day(20, {period(enforced, 0, 0)});
  EXPECT_EQ(words_of(s, move), "new-mx=to-do@20 old-copies=not-yet@30 mx-records=not-yet@30 old-mx=not-yet");
  EXPECT_EQ(next_words(s, move), "enforce mx=mx.example.com mx=mx.example.net max_age=864000");
  const Policy both = policy(Mode::enforce, {"mx.example.com", "mx.example.net"}, 10 * day_seconds);
  s = at_day(21, {period(enforced, 0, 20), period(both, 20, 0)});
  EXPECT_EQ(words_of(s, move), "old-copies=waiting@30 mx-records=not-yet@30 old-mx=not-yet");
  EXPECT_EQ(after(
                s, [](Situation& t) { t.live.record.id = "1"; }, good, move),
            "old-copies=waiting@30 mx-records=not-yet@30 old-mx=not-yet");
  s.now = start + 30 * day;
  EXPECT_EQ(words_of(s, move), "mx-records=to-do@30 old-mx=not-yet");
  EXPECT_EQ(after(
                s, [](Situation& t) { t.live.record.id = "1"; }, good, move),
            "old-copies=not-yet@30 mx-records=not-yet@30 old-mx=not-yet");
  s.live.mx = {"MX.example.net"};
  EXPECT_EQ(words_of(s, move), "old-mx=not-yet");  // the TTL of the old records is not known
  EXPECT_EQ(next_words(s, move), "");
  const RolloutWish drop{.old_mx = {"mx.example.com"}};
  EXPECT_EQ(words_of(s, drop), "old-mx=to-do");
  EXPECT_EQ(next_words(s, drop), "enforce mx=mx.example.net max_age=864000");
  s.live.mx = {"mx.example.com", "mx.example.net"};
  EXPECT_EQ(words_of(s, drop), "mx-records=to-do@30 old-mx=not-yet");
}

TEST(StepsRollout, WaitsForNobodyWhereNobodyEnforces) {
  const RolloutWish move{.new_mx = {"mx.example.net"}};
  const Policy both = policy(Mode::testing, {"mx.example.com", "mx.example.net"});
  EXPECT_EQ(words_of(at_day(21, {period(tested_day, 0, 20), period(both, 20, 0)}), move),
            "mx-records=to-do@21");
  EXPECT_EQ(words_of(at_day(21, {}), move), "new-mx=at-fault");
  EXPECT_EQ(words_of(at_day(21, {period(enforced, 0, 0)}), {.old_mx = {"mx.example.com"}}),
            "mx-records=to-do@21 old-mx=at-fault");
}

TEST(StepsRollout, RaisesAShortMaxAgeOfEnforce) {
  const Policy brief = policy(Mode::enforce, {"mx.example.com"});
  EXPECT_EQ(words_of(at_day(10, {period(brief, 9, 0)}), to_enforce), "enforce=to-do");
  EXPECT_EQ(words_of(at_day(10, {period(brief, 9, 0)}), to_enforce, bad), "enforce=at-fault");
}

TEST(StepsRollout, TellsWhereMailFailsUnderEnforce) {
  const Situation s = at_day(20, {period(enforced, 0, 0)});
  EXPECT_EQ(words_of(s, to_enforce, bad), "enforce=at-fault");
  EXPECT_EQ(words_of(s, to_enforce, unknown), "done");
  EXPECT_EQ(next_words(s, to_enforce), "");
}

TEST(StepsRollout, SaysOneWordForTheWhole) {
  const auto state = [](const Situation& s, const RolloutWish& wish) {
    const Plan plan = is_plan_of_wish(s, wish) ? plan_of(s) : Plan();
    return std::string(rollout_of(s, plan, wish, good).state(plan));
  };
  Situation s = at_day(20, {period(enforced, 0, 0)});
  EXPECT_EQ(state(s, to_enforce), "done");
  EXPECT_EQ(state(s, to_testing), "pending");
  EXPECT_EQ(state(at_day(1, {period(tested_day, 0, 0)}), to_enforce), "waiting");
  EXPECT_EQ(state(at_day(6, {period(enforced, 0, 5), period(none, 5, 0)}), to_none), "waiting");
  Situation unannounced = at_day(1, {period(tested_day, 0, 0)});
  unannounced.live.record.id = "1";
  EXPECT_EQ(state(unannounced, to_enforce), "pending");
  s.live.record.id = "1";
  EXPECT_EQ(state(s, to_enforce), "pending");
  s.live.mx = {"mx.example.net"};
  EXPECT_EQ(state(s, to_enforce), "at-fault");
}

TEST(StepsRollout, KnowsNothingOfADomainInNoStoreThatGivesNoAnswer) {
  Situation s = at_day(0, {});
  s.is_stored = false;
  s.live = Live();
  for (const auto& [wish, name] : {std::pair{to_enforce, "testing-day"},
                                   {to_none, "none"},
                                   {RolloutWish{.new_mx = {"mx.example.net"}}, "mx-records"}}) {
    EXPECT_EQ(words_of(s, wish), std::string(name) + "=not-known");
  }
}

}  // namespace
}  // namespace mta_sts::steps
