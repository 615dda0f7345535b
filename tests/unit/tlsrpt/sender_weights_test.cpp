#include "tlsrpt/model/sender_weights.hpp"

#include <gtest/gtest.h>

#include "unit/tlsrpt/watch.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::uint64_t huge = std::uint64_t{1} << 62;

Sessions total_of(const Watched& watched, std::size_t window = 0) {
  return watched.weights.weigh().at(window).total.sessions;
}

Watched with_usual_days(std::uint64_t sessions, std::string_view sender = "Sender") {
  Watched watched = three_days();
  for (int age = 12; age > 3; --age) {
    add(watched, {.age = age, .sessions = {sessions, 0}, .sender = sender});
  }
  return watched;
}

TEST(SenderWeights, CountASendersDayUpToTenTimesItsUsualOne) {
  Watched watched = with_usual_days(100);
  add(watched, {.sessions = {1000, 0}});
  EXPECT_EQ(total_of(watched), (Sessions{1000, 0}));
  EXPECT_EQ(watched.weights.weigh().at(0).total.claimer, "");
  add(watched, {.sessions = {huge, 40}});
  const WeighedTables tables = watched.weights.weigh().at(0);
  EXPECT_EQ(tables.total.sessions, (Sessions{1000, 40}));  // of one day, whatever it is split into
  EXPECT_EQ(tables.total.claimer, "Sender");
  EXPECT_EQ(tables.domains.at("a.example").sessions, (Sessions{1000, 40}));
  EXPECT_EQ(tables.senders.at("Sender").sessions, (Sessions{1000, 40}));
}

TEST(SenderWeights, TakeOneInventedDayForNoUsualOne) {
  Watched watched = with_usual_days(100);
  add(watched, {.age = 3, .sessions = {huge, 0}});
  add(watched, {.sessions = {huge, 40}});
  EXPECT_EQ(total_of(watched), (Sessions{1000, 40}));
}

TEST(SenderWeights, CountAStrangerUpToTenTimesTheGreatestSender) {
  Watched watched = with_usual_days(100);
  add(watched, {.sessions = {90, 10}});
  add(watched, {.sessions = {huge, 0}, .sender = "Stranger"});
  EXPECT_EQ(total_of(watched), (Sessions{1090, 10}));
  EXPECT_EQ(watched.weights.weigh().at(0).total.claimer, "Stranger");
  Watched growing = with_usual_days(10);
  add(growing, {.sessions = {50'000, 6}, .sender = "Great"});
  EXPECT_EQ(total_of(growing).failure, 0U);  // in proportion: it is true, most likely
  EXPECT_EQ(growing.weights.weigh().at(0).senders.at("Great").sessions, (Sessions{50'000, 6}));
}

TEST(SenderWeights, CompareTheReportsOfASenderThatIsNotKnownYet) {
  Watched watched = three_days();
  add(watched, {.sessions = {0, 100}});
  add(watched, {.sessions = {huge, 0}});
  EXPECT_EQ(total_of(watched), (Sessions{1000, 100}));
  Watched alone = three_days();
  add(alone, {.sessions = {100'000, 5}});
  EXPECT_EQ(total_of(alone), (Sessions{100'000, 5}));
}

TEST(SenderWeights, WeighWhatCameLateByItself) {
  Watched watched = with_usual_days(1000);
  add(watched, {.sessions = {1000, 0}});
  add(watched, {.age = 4, .sessions = {0, 9}, .sender = "Late", .came = 0});
  EXPECT_EQ(total_of(watched), (Sessions{1000, 0}));
  EXPECT_EQ(total_of(watched, 1), (Sessions{0, 9}));
}

TEST(SenderWeights, KeepTheTableSmall) {
  Watched watched = three_days();
  for (std::size_t i = 0; i < Metrics::table_limit + 10; ++i) {
    const std::string domain = "d" + std::to_string(i);
    add(watched, {.sessions = {1, 0}, .domain = domain});
  }
  const WeighedTables tables = watched.weights.weigh().at(0);
  EXPECT_EQ(tables.domains.size(), Metrics::table_limit + 1);
  EXPECT_EQ(tables.domains.at(std::string(Metrics::table_rest)).sessions, (Sessions{10, 0}));
}

TEST(SenderWeights, TakeCountsOfEverySize) {
  Watched watched = three_days();
  add(watched, {.sessions = {UINT64_MAX, UINT64_MAX}});
  add(watched, {.sessions = {UINT64_MAX, UINT64_MAX}, .sender = "Other"});
  EXPECT_EQ(total_of(watched), (Sessions{UINT64_MAX, UINT64_MAX}));
}

}  // namespace
}  // namespace mta_sts::tlsrpt
