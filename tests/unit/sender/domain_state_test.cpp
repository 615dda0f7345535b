#include "sender/decide/domain_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/sender/fakes.hpp"

namespace mta_sts::sender {
namespace {

using namespace std::chrono_literals;
using namespace fakes;
using std::chrono::sys_seconds;

constexpr sys_seconds start{std::chrono::seconds(1'000'000'000)};

TxtView with_id(std::string_view id) {
  return {.outcome = TxtOutcome::ok, .id = id};
}

DomainState known(std::string_view mode, std::uint64_t max_age) {
  DomainState state;
  const FetchResult result = serves(mode, max_age);
  static_cast<void>(state.conclude(Occasion::lookup, with_id("A"), &result, start));
  return state;
}

FetchPlan::Kind plan_at(const DomainState& state, Occasion occasion, TxtView txt, sys_seconds now) {
  return state.plan(occasion, txt, now).kind;
}

TEST(DomainState, BacksOffPerIdAndSuccessClearsItsOwn) {  // P24
  DomainState state;
  const FetchResult bad = breaks();
  const FetchResult good = serves("enforce", 86400);
  static_cast<void>(state.conclude(Occasion::lookup, with_id("A"), &bad, start));
  static_cast<void>(state.conclude(Occasion::lookup, with_id("B"), &bad, start + 10s));
  EXPECT_EQ(plan_at(state, Occasion::lookup, with_id("A"), start + 299s), FetchPlan::Kind::back_off);
  EXPECT_EQ(plan_at(state, Occasion::lookup, with_id("A"), start + 300s), FetchPlan::Kind::fetch);
  EXPECT_EQ(plan_at(state, Occasion::lookup, with_id("B"), start + 300s), FetchPlan::Kind::back_off);
  EXPECT_EQ(plan_at(state, Occasion::lookup, with_id("a"), start + 20s), FetchPlan::Kind::fetch);  // R12
  static_cast<void>(state.conclude(Occasion::lookup, with_id("B"), &good, start + 310s));
  EXPECT_TRUE(std::ranges::none_of(state.failures(), [](const FailedFetch& f) { return f.id == "B"; }));
}

TEST(DomainState, AClockSetBackDoesNotStretchABackOff) {
  DomainState state;
  const FetchResult bad = breaks();
  static_cast<void>(state.conclude(Occasion::lookup, with_id("A"), &bad, start));
  EXPECT_EQ(plan_at(state, Occasion::lookup, with_id("A"), start - 60s), FetchPlan::Kind::back_off);
  EXPECT_EQ(plan_at(state, Occasion::lookup, with_id("A"), start - 1h), FetchPlan::Kind::fetch);
}

TEST(DomainState, BoundsTheFailuresItRemembers) {
  DomainState state;
  const FetchResult bad = breaks();
  for (int i = 0; i < 100; ++i) {
    static_cast<void>(state.conclude(Occasion::lookup, with_id("id" + std::to_string(i)), &bad, start));
  }
  EXPECT_EQ(state.failures().size(), DomainState::failure_limit);
}

TEST(DomainState, RefreshesAPolicyDatedByAClockSetBackSince) {
  const DomainState state = known("enforce", 86400 * 30);
  EXPECT_EQ(plan_at(state, Occasion::refresh, TxtView{}, start - 1h), FetchPlan::Kind::no_fetch);
  EXPECT_EQ(plan_at(state, Occasion::refresh, TxtView{}, start - 48h), FetchPlan::Kind::fetch);
}

TEST(DomainState, AForcedRefreshIsDueAtOnceButKeepsTheBackOff) {
  DomainState state = known("enforce", 86400);
  EXPECT_EQ(
      plan_at(state, Occasion::forced_refresh, TxtView{.outcome = TxtOutcome::none, .id = {}}, start + 1s),
      FetchPlan::Kind::fetch);
  const FetchResult bad = breaks();
  const Conclusion failed = state.conclude(Occasion::forced_refresh, with_id("A"), &bad, start + 1s);
  EXPECT_TRUE(failed.alert);
  EXPECT_EQ(plan_at(state, Occasion::forced_refresh, with_id("A"), start + 2s), FetchPlan::Kind::back_off);
  EXPECT_EQ(plan_at(DomainState(), Occasion::forced_refresh, TxtView{}, start), FetchPlan::Kind::no_fetch);
}

TEST(DomainState, NobodyIsToldOfTroubleOverALiveNone) {  // R88
  DomainState state = known("none", 86400);
  const FetchResult bad = breaks();
  const Conclusion conclusion = state.conclude(Occasion::refresh, with_id("A"), &bad, start + 50000s);
  EXPECT_FALSE(conclusion.alert);
  EXPECT_EQ(conclusion.verdict.mode, VerdictMode::none);
  EXPECT_TRUE(conclusion.verdict.mx.empty());
}

TEST(DomainState, ARefreshThatBringsMaxAgeZeroLeavesNothing) {  // P3
  DomainState state = known("enforce", 86400);
  const FetchResult zero = serves("enforce", 0);
  const Conclusion conclusion = state.conclude(Occasion::refresh, with_id("A"), &zero, start + 50000s);
  EXPECT_FALSE(state.policy());
  EXPECT_TRUE(conclusion.changed);
  EXPECT_TRUE(conclusion.replaced);
}

TEST(DomainState, AResultWithNothingToCountItUnderChangesNothing) {
  DomainState state;
  const FetchResult good = serves("enforce", 86400);
  const Conclusion conclusion =
      state.conclude(Occasion::refresh, TxtView{.outcome = TxtOutcome::none, .id = {}}, &good, start);
  EXPECT_FALSE(state.policy());
  EXPECT_EQ(conclusion.verdict.mode, VerdictMode::none);
}

TEST(DomainState, KeepsAnExpiredPolicyForAGraceAndUnused) {
  DomainState state = known("enforce", 1000);
  const TxtView none{.outcome = TxtOutcome::none, .id = {}};
  const Conclusion expired = state.conclude(Occasion::lookup, none, nullptr, start + 1001s);
  EXPECT_EQ(expired.verdict.mode, VerdictMode::none);
  EXPECT_TRUE(expired.replaced);
  EXPECT_FALSE(state.conclude(Occasion::lookup, none, nullptr, start + 1002s).replaced);  // told once
  EXPECT_EQ(plan_at(state, Occasion::refresh, none, start + 1003s), FetchPlan::Kind::no_fetch);
  EXPECT_FALSE(state.drop_expired(start + 1000s + DomainState::expired_grace));
  EXPECT_TRUE(state.policy());
  // The clock was ahead.
  EXPECT_EQ(state.conclude(Occasion::lookup, none, nullptr, start + 900s).verdict.mode, VerdictMode::enforce);
  EXPECT_TRUE(state.conclude(Occasion::lookup, none, nullptr, start + 1001s).replaced);
  static_cast<void>(
      state.conclude(Occasion::lookup, none, nullptr, start + 1001s + DomainState::expired_grace));
  EXPECT_TRUE(state.policy());  // by the clock alone
  EXPECT_TRUE(state.drop_expired(start + 1001s + DomainState::expired_grace));
  EXPECT_FALSE(state.policy());
  EXPECT_FALSE(state.drop_expired(start + 1001s + DomainState::expired_grace));
}

TEST(DomainState, FetchesAPolicyWhosePatternsAreLost) {
  DomainState state = known("enforce", 86400);
  state.lose_patterns();  // nothing was shed
  EXPECT_EQ(plan_at(state, Occasion::lookup, with_id("A"), start + 1s), FetchPlan::Kind::no_fetch);
  state.shed_patterns();
  EXPECT_EQ(plan_at(state, Occasion::lookup, with_id("A"), start + 1s), FetchPlan::Kind::no_fetch);
  state.lose_patterns();
  EXPECT_EQ(plan_at(state, Occasion::lookup, with_id("A"), start + 1s), FetchPlan::Kind::fetch);
  EXPECT_EQ(plan_at(state, Occasion::refresh, TxtView{}, start + 1s), FetchPlan::Kind::fetch);
}

TEST(CachedPolicy, TellsAChangeWhetherItHasItsPatternsOrNot) {
  const auto make = [](std::vector<std::string> mx) {
    Policy policy;
    policy.mode = Mode::enforce;
    policy.mx = std::move(mx);
    policy.max_age_seconds = 86400;
    return CachedPolicy("ID", policy, start);
  };
  CachedPolicy shed = make({"a.example", "b.example"});
  shed.shed_patterns();
  shed.shed_patterns();
  EXPECT_EQ(shed.id(), "ID");
  EXPECT_TRUE(shed.mx().empty());
  EXPECT_TRUE(shed.is_same(make({"a.example", "b.example"})));
  EXPECT_TRUE(make({"a.example", "b.example"}).is_same(shed));
  EXPECT_FALSE(shed.is_same(make({"a.example", "c.example"})));
}

TEST(DomainState, CarriesItselfThroughTheStore) {
  DomainState state = known("testing", 5000);
  const FetchResult bad = breaks(FetchErrorKind::timeout);
  static_cast<void>(state.conclude(Occasion::lookup, with_id("B"), &bad, start + 10s));
  StoredEntry entry;
  entry.domain = "example.com";
  state.to_stored(entry);
  entry.policy->body = serves("testing", 5000)->body;
  const DomainState again = DomainState::from_stored(entry);
  EXPECT_EQ(again.policy()->to_verdict(VerdictSource::cache),
            state.policy()->to_verdict(VerdictSource::cache));
  EXPECT_EQ(again.failures(), state.failures());
  EXPECT_EQ(again.failed_refreshes(), 1U);
}

TEST(CachedPolicy, KeepsPatternsApartAndClampsMaxAge) {  // P2
  Policy policy;
  policy.mode = Mode::enforce;
  policy.mx = {"a.example", "*.b.example", "a.example"};
  policy.max_age_seconds = 9999999999;
  const CachedPolicy cached("ID", policy, start);
  EXPECT_EQ(cached.id(), "ID");
  EXPECT_EQ(cached.mx(), policy.mx);
  EXPECT_EQ(cached.max_age(), 31557600s);
  EXPECT_TRUE(cached.is_live(start + 31557600s));  // P30
  EXPECT_FALSE(cached.is_live(start + 31557601s));
  EXPECT_EQ(cached.refresh_due(), start + 24h);
}

}  // namespace
}  // namespace mta_sts::sender
