#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "outcome/outbox/outbox.hpp"
#include "outcome/outbox/retry.hpp"
#include "sqlite/sqlite.hpp"

namespace mta_sts::outcome {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::chrono::sys_days queued_day = std::chrono::year(2026) / 3 / 2;
constexpr std::chrono::sys_seconds made_at = queued_day + std::chrono::days(1) + 10min;

class OutboxTest : public testing::Test {
 protected:
  OutboxTest() {
    std::string pattern = fs::temp_directory_path() / "mta-sts-outbox-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ / "reports.sqlite";
    open();
  }
  ~OutboxTest() override {
    outbox_.reset();
    fs::remove_all(folder_);
  }

  void open() {
    outbox_.reset();
    auto opened = Outbox::open(path_, OutboxAccess::send, limit_);
    ASSERT_TRUE(opened.has_value()) << opened.error().detail;
    outbox_ = *std::move(opened);
  }

  void queue(const std::string& domain, const std::vector<std::string>& rua) {
    NewReport report{.submitter = "s.example",
                     .unique_id = "0a1b",
                     .gzip = std::string("\x1f\x8b\0gz", 5),
                     .json_bytes = 2,
                     .success = 1,
                     .failure = 18'446'744'073'709'551'615U,
                     .to = {}};
    for (const std::string& uri : rua) {
      report.to.push_back({.uri = uri, .receiver = "rua.example"});
    }
    const DomainDecision decision{.domain = domain, .report = std::move(report)};
    ASSERT_TRUE(outbox_->decide(queued_day, {&decision, 1}, DayProgress{.last_domain = domain}, made_at));
  }

  std::vector<std::string> due(std::chrono::sys_seconds now, std::size_t most = 10) {
    std::vector<std::string> rua;
    const auto found = outbox_->begin_due(now, most).value();
    for (const DueDelivery& delivery : found) {
      rua.push_back(delivery.rua);
      last_id_ = delivery.id;
    }
    return rua;
  }

  void finish(bool is_sent, std::chrono::sys_seconds now, std::size_t given_up = 0) {
    const DeliveryResult result{.id = last_id_, .is_sent = is_sent, .answer = is_sent ? "201" : "503"};
    EXPECT_EQ(outbox_->finish({&result, 1}, now).value(), given_up);
  }

  fs::path folder_;
  fs::path path_;
  std::unique_ptr<Outbox> outbox_;
  std::int64_t last_id_ = 0;
  std::uint64_t limit_ = Outbox::default_receiver_limit;
};

TEST_F(OutboxTest, GivesWhatIsDueOnce) {
  queue("a.example", {"mailto:a@a.example", "https://a.example/"});
  EXPECT_THAT(due(made_at, 1), ElementsAre("mailto:a@a.example"));
  finish(true, made_at);
  EXPECT_THAT(due(made_at), ElementsAre("https://a.example/"));
  finish(true, made_at);
  EXPECT_THAT(due(made_at + 30h), IsEmpty());
  EXPECT_EQ(outbox_->waiting().value(), 0U);
}

TEST_F(OutboxTest, KeepsBytesAndNumbersAsTheyAre) {
  queue("a.example", {"mailto:a@a.example"});
  const auto found = outbox_->begin_due(made_at, 1).value();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].gzip, std::string("\x1f\x8b\0gz", 5));
  EXPECT_EQ(found[0].identity.domain, "a.example");
  EXPECT_EQ(found[0].identity.submitter, "s.example");
  EXPECT_EQ(found[0].identity.day, queued_day);
  EXPECT_EQ(found[0].identity.unique_id, "0a1b");
  EXPECT_EQ(found[0].made, made_at);
  std::uint64_t failed = 0;
  ASSERT_TRUE(outbox_->visit({}, [&](const KnownDelivery& known) { failed = known.failure; }));
  EXPECT_EQ(failed, 18'446'744'073'709'551'615U);
}

TEST_F(OutboxTest, TriesAgainLaterAndLaterAndGivesUpAfterADay) {
  queue("a.example", {"mailto:a@a.example"});
  std::chrono::sys_seconds now = made_at;
  unsigned attempts = 0;
  while (!due(now).empty()) {
    ++attempts;
    const bool is_last = now == made_at + 24h;
    finish(false, now, is_last ? 1 : 0);
    const auto next = next_attempt(attempts, now, made_at);
    EXPECT_TRUE(is_last || next > now);
    if (!is_last) {
      EXPECT_THAT(due(next - 1s), IsEmpty());
    }
    now = is_last ? now + 100h : next;
  }
  EXPECT_EQ(attempts, 7U);  // at once, after 0.5, 1.5, 3.5, 7.5, 15.5 and 24 hours
  EXPECT_EQ(outbox_->waiting().value(), 0U);
}

TEST_F(OutboxTest, WhatARunLeftUnderWayIsDueAgain) {
  queue("a.example", {"mailto:a@a.example"});
  EXPECT_THAT(due(made_at), ElementsAre("mailto:a@a.example"));
  EXPECT_THAT(due(made_at), IsEmpty());
  open();  // as after a kill
  ASSERT_TRUE(outbox_->begin_run(made_at));
  EXPECT_THAT(due(made_at), ElementsAre("mailto:a@a.example"));
}

TEST_F(OutboxTest, AReceiverGetsSoManyReportsOfADay) {
  limit_ = 2;
  open();
  for (const char* domain : {"a.example", "b.example", "c.example"}) {
    queue(domain, {"mailto:tls@rua.example"});
  }
  EXPECT_EQ(due(made_at).size(), 2U);
  std::vector<std::string> given_up;
  ASSERT_TRUE(outbox_->visit({}, [&](const KnownDelivery& known) {
    if (known.state == DeliveryState::given_up) {
      given_up.push_back(known.identity.domain + ": " + known.answer);
    }
  }));
  EXPECT_THAT(given_up,
              ElementsAre("c.example: receiver-limit: rua.example gets 2 other reports of that day"));
}

TEST_F(OutboxTest, AClockThatIsSetBackLeavesNothingInTheFuture) {
  queue("a.example", {"mailto:a@a.example"});
  EXPECT_EQ(due(made_at).size(), 1U);
  finish(false, made_at);
  ASSERT_TRUE(outbox_->decide(queued_day, {}, DayProgress{.last_domain = "z", .is_complete = true}, made_at));
  const auto set_back = queued_day + 3h;  // the day is not over
  ASSERT_TRUE(outbox_->begin_run(set_back));
  EXPECT_FALSE(outbox_->progress(queued_day)->is_complete);
  EXPECT_THAT(due(set_back), ElementsAre("mailto:a@a.example"));
  finish(false, set_back + 23h);  // the 24 hours begin anew
  EXPECT_EQ(outbox_->waiting().value(), 1U);
  ASSERT_TRUE(outbox_->decide(queued_day, {}, DayProgress{.last_domain = "z", .is_complete = true}, made_at));
  ASSERT_TRUE(outbox_->begin_run(made_at));  // a day that is over stays as it is
  EXPECT_TRUE(outbox_->progress(queued_day)->is_complete);
}

TEST_F(OutboxTest, AReportOfADayIsQueuedOnce) {
  queue("a.example", {"mailto:a@a.example"});
  queue("a.example", {"mailto:b@a.example"});
  EXPECT_THAT(due(made_at), ElementsAre("mailto:a@a.example"));
}

TEST_F(OutboxTest, RemembersHowFarADayIs) {
  EXPECT_EQ(outbox_->progress(queued_day)->last_domain, "");
  queue("a.example", {"mailto:a@a.example"});
  open();
  EXPECT_EQ(outbox_->progress(queued_day)->last_domain, "a.example");
  EXPECT_FALSE(outbox_->progress(queued_day)->is_complete);
}

TEST_F(OutboxTest, UndecidedDomainsAreKeptForADay) {
  DomainDecision decision{.domain = "a.example", .report = {}, .is_undecided = true};
  ASSERT_TRUE(outbox_->decide(queued_day, {&decision, 1}, {}, made_at));
  ASSERT_TRUE(outbox_->decide(queued_day, {&decision, 1}, {}, made_at + 5h));  // since the first time
  EXPECT_THAT(outbox_->undecided(queued_day, "", 2).value(), ElementsAre("a.example"));
  EXPECT_THAT(outbox_->undecided(queued_day, "a.example", 2).value(), IsEmpty());
  EXPECT_EQ(outbox_->give_up_undecided(made_at + 23h).value(), 0U);
  EXPECT_EQ(outbox_->give_up_undecided(made_at + 24h).value(), 1U);
  EXPECT_THAT(outbox_->undecided(queued_day, "", 2).value(), IsEmpty());
  ASSERT_TRUE(outbox_->decide(queued_day, {&decision, 1}, {}, made_at));
  decision.is_undecided = false;
  ASSERT_TRUE(outbox_->decide(queued_day, {&decision, 1}, {}, made_at));
  EXPECT_THAT(outbox_->undecided(queued_day, "", 2).value(), IsEmpty());
}

TEST_F(OutboxTest, ForgetsOldDays) {
  const auto kept = [this] {
    std::size_t number = 0;
    EXPECT_TRUE(outbox_->visit({}, [&](const KnownDelivery&) { ++number; }));
    return number;
  };
  queue("a.example", {"mailto:a@a.example"});
  const auto end_day = [this](std::chrono::sys_days day) {
    EXPECT_TRUE(outbox_->decide(day, {}, DayProgress{.last_domain = "", .is_complete = true}, made_at));
  };
  end_day(queued_day);
  end_day(queued_day + std::chrono::days(1));
  end_day(queued_day + std::chrono::days(2));
  const std::chrono::sys_days today = queued_day + std::chrono::days(3);
  ASSERT_TRUE(outbox_->forget(today, 2));
  EXPECT_EQ(kept(), 1U);  // it waits
  EXPECT_THAT(due(made_at), ElementsAre("mailto:a@a.example"));
  finish(true, made_at);
  ASSERT_TRUE(outbox_->forget(today, 3));
  ASSERT_TRUE(outbox_->forget(today + std::chrono::days(3650), 3));  // by a clock that is ahead
  EXPECT_EQ(kept(), 1U);
  ASSERT_TRUE(outbox_->forget(today, 1));
  EXPECT_EQ(kept(), 0U);
}

TEST_F(OutboxTest, IsForOneRunAtATimeAndForEveryReader) {
  const auto second = Outbox::open(path_, OutboxAccess::send);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(to_string(second.error().code), "queue-locked");
  EXPECT_TRUE(Outbox::open(path_, OutboxAccess::look).has_value());
}

// A process may end, or find no room, between SQLite's first page and the tables.
TEST_F(OutboxTest, GoesOnWithAFileThatWasBegun) {
  outbox_.reset();
  path_ = folder_ / "begun";
  execute(open_database(path_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, 1000).get(),
          "PRAGMA journal_mode=WAL");
  ASSERT_GT(fs::file_size(path_), 0U);
  open();
  queue("a.example", {"mailto:a@rua.example"});
  EXPECT_THAT(due(made_at), ElementsAre("mailto:a@rua.example"));
}

TEST_F(OutboxTest, RefusesWhatIsNotItsFile) {
  outbox_.reset();
  for (const auto& [bytes, word] :
       {std::pair{"no database, but long enough to be looked at as one", "queue-damaged"}}) {
    const fs::path other = folder_ / "other";
    std::ofstream(other) << bytes << std::string(5000, 'x');
    const auto opened = Outbox::open(other, OutboxAccess::send);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(to_string(opened.error().code), word);
  }
  const auto missing = Outbox::open(folder_ / "none" / "x", OutboxAccess::look);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(to_string(missing.error().code), "queue-unavailable");
}

}  // namespace
}  // namespace mta_sts::outcome
