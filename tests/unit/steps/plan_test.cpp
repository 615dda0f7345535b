#include <gtest/gtest.h>

#include <functional>

#include "situations.hpp"

namespace mta_sts::steps {
namespace {

// The state of the whole, then each step that is not done.
std::string words_of(const Situation& situation) {
  const Plan plan = plan_of(situation);
  std::string words(plan.state());
  for (const PlanStep& step : plan.steps) {
    if (step.state != StepState::done) {
      words += " " + std::string(to_string(step.name)) + "=" + std::string(to_string(step.state));
    }
  }
  return words;
}

std::string after(const std::function<void(Situation&)>& change, const Policy& served = enforced) {
  Situation situation = published(served);
  change(situation);
  return words_of(situation);
}

std::string due_of(const Situation& situation, const std::string& name) {
  std::string dues;
  for (const RecordChange& change : plan_of(situation).records) {
    if (change.name == name) {
      dues += (dues.empty() ? "" : " ") + change.type + (change.values.empty() ? " gone " : " ") +
              std::string(to_string(change.due));
    }
  }
  return dues;
}

void set(NetworkAnswer& answer, Known known) {
  answer = {.known = known, .detail = "why"};
}

void unpublish(Situation& s) {
  s.live.record.outcome = TxtOutcome::none;
  s.live.record.id.clear();
}

TEST(StepsPlan, IsDoneWhereAllIs) {
  EXPECT_EQ(words_of(published(enforced)), "done");
}

TEST(StepsPlan, PutsTheHostBeforeEverything) {
  EXPECT_EQ(after([](Situation& s) {
              set(s.live.host, Known::no);
              set(s.live.certificate, Known::no);
              set(s.live.served, Known::no);
              s.live.bodies.clear();
              unpublish(s);
            }),
            "pending host=to-do certificate=not-yet serve=not-yet announce=not-yet");
}

TEST(StepsPlan, AnnouncesOnlyWhatIsServedToSenders) {  // RFC 8461 section 8.1: HTTPS before DNS
  Situation s = published(enforced);
  unpublish(s);
  EXPECT_EQ(words_of(s), "pending announce=to-do");
  EXPECT_EQ(due_of(s, "_mta-sts.example.com"), "TXT now");
  set(s.live.certificate, Known::no);
  EXPECT_EQ(words_of(s), "pending certificate=to-do announce=not-yet");
  EXPECT_EQ(due_of(s, "_mta-sts.example.com"), "TXT later");
  s = published(enforced);
  unpublish(s);
  s.live.bodies.push_back(period(none, 0, 0).body);  // a cache at one of two addresses
  EXPECT_EQ(words_of(s), "pending serve=to-do announce=not-yet");
  EXPECT_EQ(due_of(s, "_mta-sts.example.com"), "TXT later");
}

TEST(StepsPlan, SaysWhenTheIdWasAnnouncedBeforeItsPolicy) {
  EXPECT_EQ(after([](Situation& s) { s.live.bodies = {period(none, 0, 0).body}; }),
            "at-fault serve=at-fault");
}

TEST(StepsPlan, TakesAPolicyByItsMeaning) {
  EXPECT_EQ(after([](Situation& s) {
              s.live.bodies = {"version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 864000\n"};
            }),
            "done");
}

TEST(StepsPlan, RefusesAMailHostThatThePolicyDoesNotName) {
  const auto other = [](Situation& s) { s.live.mx.emplace_back("mx.example.net"); };
  EXPECT_EQ(after(other), "at-fault mail-hosts=at-fault");
  Situation s = published(enforced);
  other(s);
  unpublish(s);
  EXPECT_EQ(due_of(s, "_mta-sts.example.com"), "TXT later");
  EXPECT_EQ(after([](Situation& t) { t.live.mx = {"MX.example.com"}; }), "done");  // case does not count
  EXPECT_EQ(after([](Situation& t) { set(t.live.mail_hosts, Known::no); }),        // null MX
            "at-fault mail-hosts=at-fault");
}

// Enforce is announced, and a policy of another time is served in its place.
std::string due_after_enforce(const Policy& served, const std::function<void(Situation&)>& wrong) {
  Situation s = published(served);
  s.periods = {period(enforced, 0, 100), period(served, 100, 0)};
  s.live.record.id = s.periods.front().id;
  wrong(s);
  return due_of(s, "_mta-sts.example.com");
}

TEST(StepsPlan, HoldsNothingUpThatRefusesNoMoreThanBefore) {  // RFC 8461 sections 3.1 and 5.1
  const Policy tested = policy(Mode::testing, {"mx.example.com"});
  const Policy wider = policy(Mode::enforce, {"mx.example.com", "mx2.example.com"});
  const Policy other = policy(Mode::enforce, {"mx2.example.com"});
  const auto unnamed = [](Situation& s) {
    s.live.mx = {"mx.example.com", "mx2.example.com", "mx3.example.com"};
  };
  EXPECT_EQ(due_after_enforce(tested, unnamed), "TXT now");
  EXPECT_EQ(due_after_enforce(wider, unnamed), "TXT now");
  EXPECT_EQ(due_after_enforce(other, unnamed), "TXT later");
  for (const Known known : {Known::no, Known::not_known}) {
    EXPECT_EQ(due_after_enforce(tested, [known](Situation& s) { set(s.live.mail_hosts, known); }), "TXT now");
  }
  EXPECT_EQ(due_after_enforce(tested, [](Situation& s) { s.desired.host = "web.example.net"; }), "TXT now");
  EXPECT_EQ(due_after_enforce(tested, [](Situation& s) { set(s.live.certificate, Known::no); }), "TXT later");
  EXPECT_EQ(due_after_enforce(tested, [](Situation& s) { set(s.live.served, Known::not_known); }),
            "TXT later");
}

TEST(StepsPlan, GuessesNothingThatCouldNotBeAsked) {
  EXPECT_EQ(after([](Situation& s) { set(s.live.served, Known::not_known); }), "not-known serve=not-known");
  EXPECT_EQ(after([](Situation& s) { set(s.live.mail_hosts, Known::not_known); }),
            "not-known mail-hosts=not-known");
  EXPECT_EQ(
      after([](Situation& s) { s.live.record = {TxtOutcome::temp, "", TxtErrorCode::bad_syntax, "", 0}; }),
      "not-known announce=not-known");
  const auto offline = [](Situation& s) { s.live = Live(); };
  EXPECT_EQ(after(offline),
            "not-known host=not-known certificate=not-known serve=not-known mail-hosts=not-known "
            "announce=not-known");
  Situation s = published(enforced);
  offline(s);
  EXPECT_EQ(due_of(s, "_mta-sts.example.com"), "TXT not-known");
}

TEST(StepsPlan, SetsNoRecordBesideAnAlias) {
  Situation s = published(enforced);
  unpublish(s);
  s.live.record_alias = "_mta-sts.provider.example";
  EXPECT_EQ(words_of(s), "at-fault announce=at-fault");
  EXPECT_EQ(due_of(s, "_mta-sts.example.com"), "TXT later");
}

TEST(StepsPlan, GivesTheRecordsOfThePolicyHost) {
  Situation s = published(enforced);
  s.desired.addresses = {"192.0.2.1"};
  EXPECT_EQ(due_of(s, "mta-sts.example.com"), "A done");
  s.desired.addresses = {"192.0.2.1", "2001:db8::1"};
  EXPECT_EQ(due_of(s, "mta-sts.example.com"), "A now AAAA now");
  EXPECT_EQ(words_of(s), "pending host=to-do");
  s.desired.addresses = {"2001:db8::1"};
  EXPECT_EQ(due_of(s, "mta-sts.example.com"), "A gone now AAAA now");
  s.desired = {.rua = {}, .host = "web.example.net", .addresses = {}};
  EXPECT_EQ(due_of(s, "mta-sts.example.com"), "CNAME now");
  s.live.alias = "Web.example.net";
  EXPECT_EQ(due_of(s, "mta-sts.example.com"), "CNAME done");
  EXPECT_EQ(words_of(s), "done");
}

TEST(StepsPlan, DoesNotLetReportsWait) {  // RFC 8460 section 3
  Situation s = published(enforced);
  s.desired.rua = {"mailto:a@example.com"};
  set(s.live.host, Known::no);
  EXPECT_EQ(due_of(s, "_smtp._tls.example.com"), "TXT now");
  s = published(enforced);
  s.desired.rua = {"mailto:a@example.com"};
  EXPECT_EQ(words_of(s), "pending reports=to-do");
  s.live.reports.outcome = TxtOutcome::ok;
  s.live.reports.rua = s.desired.rua;
  EXPECT_EQ(words_of(s), "done");
}

TEST(StepsPlan, WarnsOfAnIdThatStoodForAnotherBody) {
  Situation s = published(enforced);
  s.periods.insert(s.periods.begin(), s.periods.front());
  s.periods.front().until = s.periods.front().since;
  EXPECT_TRUE(plan_of(s).warnings.empty());  // the same body again is well known by its id
  s.periods.front().body += "note: other\r\n";
  ASSERT_EQ(plan_of(s).warnings.size(), 1U);
  EXPECT_NE(plan_of(s).warnings.front().find("serial="), std::string::npos);
}

// A domain whose enforce policy of ten days was replaced by mode none on day 50.
Situation withdrawn(int today) {
  Situation s = published(none);
  s.periods = {period(enforced, 0, 50), period(none, 50, 0)};
  s.now = start + today * day;
  return s;
}

TEST(StepsPlan, WaitsUntilNobodyHoldsTheOldPolicy) {  // RFC 8461 section 8.3
  EXPECT_EQ(words_of(withdrawn(51)), "waiting wait=waiting remove=not-yet");
  EXPECT_EQ(plan_of(withdrawn(51)).next()->until, start + 60 * day);
  EXPECT_EQ(words_of(withdrawn(60)), "pending remove=to-do");
  Situation s = withdrawn(60);
  s.live.bodies = {s.periods.front().body};
  unpublish(s);
  EXPECT_EQ(words_of(s), "pending serve=to-do announce=not-yet wait=not-yet remove=not-yet");
}

TEST(StepsPlan, RemovesTheRecordOfARemovedDomain) {
  Situation s = withdrawn(61);
  s.periods.back().until = s.now;
  EXPECT_EQ(words_of(s), "pending remove-records=to-do");
  EXPECT_EQ(due_of(s, "_mta-sts.example.com"), "TXT gone now");
  EXPECT_EQ(due_of(s, "mta-sts.example.com"), "A gone now");
  unpublish(s);
  EXPECT_EQ(words_of(s), "done");
  s.live.is_asked = false;
  EXPECT_EQ(words_of(s), "not-known remove-records=not-known");
}

TEST(StepsPlan, SaysWhenADomainWasRemovedTooSoon) {
  Situation s = published(enforced);
  s.periods.back().until = s.now;
  EXPECT_EQ(words_of(s), "at-fault wait=at-fault remove-records=not-yet");
  EXPECT_EQ(due_of(s, "_mta-sts.example.com"), "TXT gone later");
  EXPECT_EQ(due_of(s, "mta-sts.example.com"), "A gone later");
  unpublish(s);
  EXPECT_EQ(words_of(s), "at-fault wait=at-fault");
}

TEST(StepsPlan, RemovesNoRecordWhereNobodyKnowsWhatSendersHold) {
  Situation s = published(enforced);
  s.periods.clear();
  EXPECT_EQ(due_of(s, "_mta-sts.example.com"), "TXT gone later");  // another serves it
  s.live.bodies.clear();
  set(s.live.served, Known::no);
  EXPECT_EQ(due_of(s, "_mta-sts.example.com"), "TXT gone later");
  EXPECT_EQ(words_of(s), "at-fault wait=at-fault remove-records=not-yet");
  unpublish(s);  // a web server alone says nothing of a policy
  EXPECT_EQ(words_of(s), "done");
  EXPECT_EQ(due_of(s, "mta-sts.example.com"), "A gone later");
  s.live = Live();
  EXPECT_EQ(due_of(s, "_mta-sts.example.com"), "TXT gone later");
  EXPECT_EQ(words_of(s), "not-known wait=not-known remove-records=not-yet");
  s = published(none);  // removed in its time, and served again by another
  s.periods = {period(none, 0, 90)};
  s.live.bodies = {period(enforced, 0, 0).body};
  EXPECT_EQ(due_of(s, "_mta-sts.example.com"), "TXT gone later");
  s.live.bodies.clear();
  EXPECT_EQ(due_of(s, "_mta-sts.example.com"), "TXT gone now");
}

TEST(StepsPlan, NamesTheStoreOnlyWhereThePolicyIsInIt) {
  for (const int today : {51, 60}) {
    Situation s = withdrawn(today);
    s.is_stored = false;
    for (const PlanStep& step : plan_of(s).steps) {
      EXPECT_EQ(step.detail.find("publish --remove"), std::string::npos) << step.detail;
    }
  }
}

}  // namespace
}  // namespace mta_sts::steps
