#include "steps/sightings.hpp"

#include <gtest/gtest.h>

#include "publish/policy_id.hpp"
#include "situations.hpp"
#include "steps/next_policy.hpp"

namespace mta_sts::steps {
namespace {

const Policy tested = policy(Mode::testing, {"mx.example.com"}, week_seconds);

check::HistoryEntry sighting(int at, const Policy* seen) {
  check::HistoryEntry entry;
  entry.seen = start + at * day;
  if (seen != nullptr) {
    entry.id = entry.policy_id = publish::policy_id(*seen);
    entry.mode = to_string(seen->mode);
    entry.max_age_seconds = seen->max_age_seconds;
  }
  return entry;
}

Live serving(const Policy& served, std::uint32_t serial = 0) {
  Live live;
  live.is_asked = true;
  live.served = {.known = Known::yes, .detail = {}};
  live.bodies = {period(served, 0, 0).body};
  live.record.outcome = TxtOutcome::ok;
  live.record.id = publish::policy_id(served, serial);
  return live;
}

TEST(StepsSightings, CountAPolicyFromItsFirstToThatOfAnother) {
  const Past past = past_of({sighting(0, nullptr), sighting(1, &enforced), sighting(2, &enforced),
                             sighting(5, &tested), sighting(6, &tested)},
                            serving(tested), std::nullopt, start + 9 * day);
  ASSERT_EQ(past.periods.size(), 2U);
  EXPECT_TRUE(past.not_known.empty());
  EXPECT_EQ(past.periods[0].since, start + day);
  EXPECT_EQ(past.periods[0].until, start + 5 * day);
  EXPECT_EQ(tested_since(past.periods, week_seconds), start + 5 * day);
  EXPECT_EQ(old_copies_until(past.periods), start + 15 * day);
  EXPECT_EQ(past.periods[1].body, serving(tested).bodies.front());
}

TEST(StepsSightings, AssumeAYearBeforeTheFirst) {  // RFC 8461 section 3.2
  const Past past = past_of({sighting(1, &none)}, serving(none), std::nullopt, start + 9 * day);
  EXPECT_EQ(old_copies_until(past.periods), start + day + std::chrono::seconds(max_age_limit_seconds));
  EXPECT_EQ(past.not_known.size(), 1U);
}

TEST(StepsSightings, TakeWhatIsServedWhereNothingWasSeen) {
  const auto now = start + 9 * day;
  const Past past = past_of({}, serving(tested), std::nullopt, now);
  EXPECT_EQ(tested_since(past.periods, week_seconds), now);
  EXPECT_EQ(past.not_known.size(), 2U);
  EXPECT_EQ(tested_since(past_of({}, serving(tested), start, now).periods, week_seconds), start);
  EXPECT_EQ(tested_since(past_of({}, serving(tested), now + day, now).periods, week_seconds),
            now);  // no day to come
  EXPECT_TRUE(past_of({}, Live(), std::nullopt, now).periods.empty());
}

TEST(StepsSightings, AssumeAPolicyWhereARecordIsLeft) {
  const auto now = start + 9 * day;
  const auto held = [&](const std::vector<check::HistoryEntry>& seen, const Live& live) {
    return old_copies_until(past_of(seen, live, std::nullopt, now).periods);
  };
  Live left;
  left.is_asked = true;
  left.host.known = Known::no;
  EXPECT_EQ(held({}, left), std::chrono::sys_seconds());
  left.record.candidates = 1;
  EXPECT_EQ(held({}, left), now + std::chrono::seconds(max_age_limit_seconds));
  check::HistoryEntry announced = sighting(2, nullptr);
  announced.id = "1";
  EXPECT_EQ(held({announced}, left), start + 2 * day + std::chrono::seconds(max_age_limit_seconds));
  EXPECT_EQ(held({sighting(0, nullptr)}, left), std::chrono::sys_seconds());
}

TEST(StepsSightings, EndAPolicyThatIsServedNoMore) {
  const auto now = start + 9 * day;
  const Past other = past_of({sighting(0, nullptr), sighting(1, &enforced)}, serving(tested), start, now);
  EXPECT_EQ(other.periods.front().until, now);
  EXPECT_EQ(other.periods.back().since, now);  // whatever --since says
  EXPECT_EQ(
      past_of({sighting(1, &enforced), sighting(3, nullptr)}, Live(), std::nullopt, now).periods.back().until,
      start + 3 * day);
  EXPECT_EQ(present_of(past_of({sighting(1, &enforced)}, Live(), std::nullopt, now).periods), nullptr);
}

TEST(StepsSightings, FindTheSerialOfADirective) {
  const Past past = past_of({}, serving(tested, 7), start, start + day);
  EXPECT_EQ(past.periods.back().serial, 7U);
  EXPECT_EQ(past.periods.back().id, publish::policy_id(tested, 7));
  Live live = serving(tested);
  live.record.id = "20260101";
  EXPECT_EQ(past_of({sighting(0, nullptr)}, live, start, start + day).not_known.size(), 1U);
}

TEST(StepsSightings, CountNoDayOfATestThatIsNotAnnounced) {  // RFC 8461 section 3.1
  const auto since = [](const std::vector<std::string>& ids) {
    std::vector<check::HistoryEntry> seen = {sighting(0, &enforced)};
    seen.front().id = "old";
    for (const std::string& id : ids) {
      seen.push_back(sighting(static_cast<int>(seen.size()), &tested));
      seen.back().id = id;
    }
    return tested_since(past_of(seen, serving(tested), std::nullopt, start + 9 * day).periods, 0);
  };
  EXPECT_EQ(since({"new", "new", "new"}), start + day);
  EXPECT_EQ(since({"", "", "new", "new"}), start + 2 * day);
  EXPECT_EQ(since({"old", "old", "old", "new"}), start + 3 * day);
  EXPECT_EQ(since({"new", "", "new"}), start + 2 * day);
}

TEST(StepsSightings, OfOtherMxBeginTheTestAnew) {
  const Policy other = policy(Mode::testing, {"mx.example.net"}, week_seconds);
  const Policy brief = policy(Mode::testing, {"mx.example.com"});
  const auto since = [](const Policy& before) {
    return tested_since(past_of({sighting(0, nullptr), sighting(1, &before), sighting(4, &tested)},
                                serving(tested), std::nullopt, start + 9 * day)
                            .periods,
                        0);
  };
  EXPECT_EQ(since(other), start + 4 * day);
  EXPECT_EQ(since(brief), start + day);
}

}  // namespace
}  // namespace mta_sts::steps
