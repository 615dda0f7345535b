#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "outcome/tally/day_counts.hpp"
#include "outcome/tally/tally_file.hpp"
#include "outcome/tally/tally_reader.hpp"
#include "sqlite/sqlite.hpp"

namespace mta_sts::outcome {
namespace {

namespace fs = std::filesystem;
using std::chrono::sys_days;
using testing::ElementsAre;

constexpr sys_days day = std::chrono::year(2026) / 3 / 2;

SessionFailure failure_at(std::string host, ResultType type = ResultType::certificate_expired) {
  SessionFailure failure;
  failure.type = type;
  failure.mx = std::move(host);
  return failure;
}

SessionOutcome session(std::string domain, bool has_failed, std::vector<SessionFailure> failures = {},
                       std::string id = "1") {
  SessionOutcome outcome{.domain = domain, .record = "v=TLSRPTv1; rua=mailto:tls@" + domain, .policies = {}};
  PolicyOutcome& policy = outcome.policies.emplace_back();
  policy.type = PolicyType::sts;
  policy.domain = domain;
  policy.policy_string = {"version: STSv1", "mode: enforce", "mx: mx" + id + "." + domain, "max_age: 86400"};
  policy.mx_hosts = {"mx" + id + "." + domain};
  policy.failures = std::move(failures);
  policy.has_failed = has_failed;
  return outcome;
}

TEST(DayCounts, CountsASessionByItsEndAndItsFailuresOneByOne) {
  DayCounts counts(100);
  ASSERT_TRUE(counts.add(day, session("a.example", false)));
  ASSERT_TRUE(counts.add(day, session("a.example", false, {failure_at("mx1"), failure_at("mx1")})));
  ASSERT_TRUE(counts.add(day, session("a.example", true, {failure_at("mx2")})));
  const auto taken = counts.take();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].domain, "a.example");
  EXPECT_EQ(taken[0].success, 2U);
  EXPECT_EQ(taken[0].failure, 1U);
  EXPECT_EQ(taken[0].failures.at(failure_at("mx1")), 2U);
  EXPECT_EQ(taken[0].failures.at(failure_at("mx2")), 1U);
  EXPECT_EQ(taken[0].policy.mx_hosts, std::vector<std::string>{"mx1.a.example"});
  EXPECT_TRUE(taken[0].policy.failures.empty());
  EXPECT_TRUE(counts.is_empty() && counts.take().empty());
}

TEST(DayCounts, TellsDaysDomainsAndPoliciesApart) {
  DayCounts counts(100);
  for (const std::string domain : {"a.example", "b.example"}) {
    for (const std::string id : {"1", "2"}) {
      ASSERT_TRUE(counts.add(day, session(domain, false, {}, id)));
      ASSERT_TRUE(counts.add(day + std::chrono::days(1), session(domain, false, {}, id)));
    }
  }
  EXPECT_EQ(counts.take().size(), 8U);
}

TEST(DayCounts, TakesNoMoreThanItHasRoomFor) {
  DayCounts counts(3);
  ASSERT_TRUE(counts.add(day, session("a.example", true, {failure_at("mx1")})));
  EXPECT_FALSE(counts.add(day, session("b.example", true, {failure_at("mx1")})));
  EXPECT_TRUE(counts.add(day, session("b.example", false)));
  EXPECT_EQ(counts.take().size(), 2U);
  EXPECT_TRUE(counts.add(day, session("b.example", true, {failure_at("mx1")})));
}

class TallyTest : public testing::Test {
 protected:
  TallyTest() {
    std::string name = (fs::temp_directory_path() / "tally.XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~TallyTest() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path() const { return (folder_ / "outcomes.sqlite").string(); }

  [[nodiscard]] std::unique_ptr<TallyFile> open(TallyLimits limits = {}) const {
    auto file = TallyFile::open(path(), limits);
    EXPECT_TRUE(file) << file.error().detail;
    return file ? *std::move(file) : nullptr;
  }

  [[nodiscard]] TallyErrorCode open_error() const {
    const auto file = TallyFile::open(path(), {});
    EXPECT_FALSE(file);
    return file ? TallyErrorCode::busy : file.error().code;
  }

  static std::uint64_t add(TallyFile& file, const std::vector<SessionOutcome>& outcomes,
                           sys_days when = day) {
    DayCounts counts(100'000);
    for (const SessionOutcome& outcome : outcomes) {
      EXPECT_TRUE(counts.add(when, outcome));
    }
    const auto added = file.add(counts.take());
    EXPECT_TRUE(added) << added.error().detail;
    return added.value_or(0);
  }

  /// What a query of text gives, a line a row.
  [[nodiscard]] std::vector<std::string> rows(const std::string& query) const {
    const auto database = open_database(path(), SQLITE_OPEN_READWRITE, 1000);
    Statement select(database.get(), query);
    std::vector<std::string> found;
    while (select.step()) {
      found.emplace_back(select.text(0));
    }
    return found;
  }

  [[nodiscard]] std::vector<std::string> sessions() const {
    return rows(
        "SELECT session.day || ' ' || session.domain || ' ' || mx_hosts || success || '+' || failure"
        " FROM session JOIN policy ON policy.id=policy ORDER BY session.day, session.domain, mx_hosts");
  }

  [[nodiscard]] std::vector<std::string> failures(const std::string& domain) const {
    return rows("SELECT type || ' ' || mx || ' ' || count FROM failure WHERE domain='" + domain +
                "' ORDER BY mx");
  }

  fs::path folder_;
};

TEST_F(TallyTest, KeepsAndAddsCounts) {
  {
    const auto file = open();
    add(*file, {session("b.example", false), session("a.example", true, {failure_at("mx1")})});
    add(*file, {session("a.example", false, {failure_at("mx1"), failure_at("mx2")})});
  }
  EXPECT_THAT(sessions(),
              ElementsAre("20514 a.example mx1.a.example\n1+1", "20514 b.example mx1.b.example\n1+0"));
  EXPECT_THAT(failures("a.example"), ElementsAre("204 mx1 2", "204 mx2 1"));
  EXPECT_THAT(rows("SELECT text FROM record ORDER BY domain"),
              ElementsAre("v=TLSRPTv1; rua=mailto:tls@a.example", "v=TLSRPTv1; rua=mailto:tls@b.example"));
  EXPECT_THAT(rows("SELECT type || domain || ' ' || policy_string FROM policy WHERE domain='a.example'"),
              ElementsAre("2a.example version: STSv1\nmode: enforce\nmx: mx1.a.example\nmax_age: 86400\n"));
}

TEST_F(TallyTest, CountsTogetherWhatHasNoRoomOfItsOwn) {
  const auto file = open({.policies_of_domain = 2, .failures_of_policy = 2, .domains_of_day = 2});
  for (const SessionOutcome& outcome :
       {session("a.example", false, {}, "1"), session("a.example", false, {}, "2"),
        session("a.example", true, {failure_at("mx1")}, "3"), session("a.example", false, {}, "4"),
        session("a.example", false, {}, "1")}) {
    EXPECT_EQ(add(*file, {outcome}), 0U);
  }
  EXPECT_THAT(sessions(), ElementsAre("20514 a.example 1+1", "20514 a.example mx1.a.example\n2+0",
                                      "20514 a.example mx2.a.example\n1+0"));
  add(*file, {session("b.example", true,
                      {failure_at("mx1"), failure_at("mx2"), failure_at("mx3"), failure_at("mx4")})});
  EXPECT_THAT(failures("b.example"), ElementsAre("204  2", "204 mx1 1", "204 mx2 1"));
  EXPECT_EQ(
      add(*file, {session("c.example", false), session("c.example", true), session("b.example", false)}), 2U);
  EXPECT_EQ(add(*file, {session("c.example", false)}, day + std::chrono::days(1)), 0U);
}

TEST_F(TallyTest, RemovesTheOldestDays) {
  const auto file = open();
  add(*file, {session("a.example", true, {failure_at("mx1")})});
  for (int later = 1; later <= TallyFile::days_before; ++later) {
    add(*file, {session("b.example", false)}, day + std::chrono::days(2 * later));
  }
  const sys_days last = day + std::chrono::days(2 * TallyFile::days_before);
  ASSERT_TRUE(file->prune(last));  // which is none of those before it
  EXPECT_EQ(failures("a.example").size(), 1U);
  ASSERT_TRUE(file->prune(last + std::chrono::days(1)));
  EXPECT_EQ(sessions().size(), std::size_t{TallyFile::days_before});
  EXPECT_EQ(sessions().front(), "20516 b.example mx1.b.example\n1+0");
  EXPECT_TRUE(failures("a.example").empty());
  EXPECT_THAT(rows("SELECT domain FROM policy UNION ALL SELECT domain FROM record"),
              ElementsAre("b.example", "b.example"));
}

TEST_F(TallyTest, AClockThatJumpsCostsNoDays) {
  const auto file = open();
  const sys_days today = day + std::chrono::days(TallyFile::days_before);
  for (sys_days when = day; when <= today; when += std::chrono::days(1)) {
    add(*file, {session("a.example", false)}, when);
  }
  const std::vector<std::string> counted = sessions();
  ASSERT_TRUE(file->prune(today));
  ASSERT_TRUE(file->prune(sys_days{}));  // behind by years
  EXPECT_EQ(sessions(), counted);
  const sys_days ahead = today + std::chrono::days(10'000);
  add(*file, {session("a.example", false)}, ahead);
  ASSERT_TRUE(file->prune(ahead));
  ASSERT_TRUE(file->prune(today));
  const std::vector<std::string> kept = sessions();
  ASSERT_EQ(kept.size(), counted.size());  // the oldest went, the one of the jump came
  EXPECT_TRUE(std::equal(kept.begin(), kept.end() - 1, counted.begin() + 1));
  for (int later = 0; later <= TallyFile::days_after; ++later) {
    add(*file, {session("a.example", false)}, ahead + std::chrono::days(later));
  }
  ASSERT_TRUE(file->prune(today));
  EXPECT_EQ(sessions().size(), std::size_t{TallyFile::days_before + TallyFile::days_after});
}

TEST_F(TallyTest, EachDayOfEachFileHasAnIdOfItsOwn) {
  const auto id_of = [this](sys_days when) {
    const auto reader = TallyReader::open(path());
    return reader ? (*reader)->unique_id(when).value_or("?") : "?";
  };
  add(*open(), {session("a.example", false)});
  const std::string first = id_of(day);
  EXPECT_EQ(first.size(), 20U);
  EXPECT_EQ(first.find_first_not_of("0123456789abcdef"), first.npos);
  add(*open(), {session("b.example", false)});
  add(*open(), {session("a.example", false)}, day + std::chrono::days(1));
  EXPECT_EQ(id_of(day), first);
  EXPECT_NE(id_of(day + std::chrono::days(1)), first);
  EXPECT_EQ(id_of(day + std::chrono::days(2)), "");
  fs::remove(path());
  add(*open(), {session("a.example", false)});
  EXPECT_NE(id_of(day), first);
}

TEST_F(TallyTest, AFileWithoutIdsGetsThem) {
  add(*open(), {session("a.example", false), session("b.example", false)});
  execute(open_database(path(), SQLITE_OPEN_READWRITE, 1000).get(), "DROP TABLE day");
  ASSERT_TRUE(open());
  EXPECT_THAT(rows("SELECT day || ' ' || length(unique_id) FROM day"), ElementsAre("20514 20"));
}

TEST_F(TallyTest, ADayThatAnOlderProgramCountedGetsAnId) {
  add(*open(), {session("a.example", false)});
  add(*open(), {session("a.example", false)}, day + std::chrono::days(1));
  add(*open(), {session("b.example", false)}, day + std::chrono::days(5));
  const std::vector<std::string> first = rows("SELECT unique_id FROM day WHERE day=20514");
  execute(open_database(path(), SQLITE_OPEN_READWRITE, 1000).get(), "DELETE FROM day WHERE day>20514");
  ASSERT_TRUE(open());
  EXPECT_EQ(rows("SELECT unique_id FROM day WHERE day=20514"), first);
  EXPECT_THAT(rows("SELECT day || ' ' || length(unique_id) FROM day ORDER BY day"),
              ElementsAre("20514 20", "20515 20", "20519 20"));
}

// A process may end, or find no room, between SQLite's first page and the tables.
TEST_F(TallyTest, GoesOnWithAFileThatWasBegun) {
  execute(open_database(path(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, 1000).get(),
          "PRAGMA journal_mode=WAL");
  ASSERT_GT(fs::file_size(path()), 0U);
  add(*open(), {session("a.example", false)});
  EXPECT_THAT(rows("SELECT domain FROM session"), ElementsAre("a.example"));
}

TEST_F(TallyTest, LeavesOtherFilesAlone) {
  std::ofstream(path())
      << "not a database, and longer than the head of one, which has a hundred bytes at its beginning .....";
  EXPECT_EQ(open_error(), TallyErrorCode::damaged);
  fs::remove(path());
  fs::create_symlink("/nowhere", path());
  EXPECT_EQ(open_error(), TallyErrorCode::unavailable);
  fs::remove(path());
  fs::create_directory(path());
  EXPECT_EQ(open_error(), TallyErrorCode::unavailable);
}

TEST_F(TallyTest, AnotherProcessReadsADayByDomain) {
  const auto file = open();
  add(*file, {session("a.example", false), session("b.example", true, {failure_at("mx1"), failure_at("mx1")}),
              session("c.example", false)});
  add(*file, {session("b.example", false, {}, "2")});
  add(*file, {session("z.example", false)}, day + std::chrono::days(1));
  const auto reader = TallyReader::open(path());
  ASSERT_TRUE(reader) << reader.error().detail;
  using Names = std::vector<std::string>;
  EXPECT_EQ((*reader)->names(day, "", 2).value(), (Names{"a.example", "b.example"}));
  EXPECT_EQ((*reader)->names(day, "b.example", 2).value(), Names{"c.example"});
  EXPECT_TRUE((*reader)->names(day, "c.example", 2)->empty());
  EXPECT_EQ((*reader)->read(day, "a.example")->front().record, "v=TLSRPTv1; rua=mailto:tls@a.example");
  const auto counts = (*reader)->read(day, "b.example").value();
  ASSERT_EQ(counts.size(), 2U);  // both policies of it
  EXPECT_EQ(counts[0].policy.mx_hosts, std::vector<std::string>{"mx1.b.example"});
  EXPECT_EQ(counts[0].policy.policy_string.size(), 4U);
  EXPECT_EQ(counts[0].failure, 1U);
  EXPECT_EQ(counts[0].failures.at(failure_at("mx1")), 2U);
  EXPECT_EQ(counts[0].unread, 0U);
  EXPECT_EQ(counts[1].success, 1U);
  EXPECT_TRUE((*reader)->read(day, "z.example")->empty());
  add(*file, {session("d.example", false)});  // the writer is not held up, and what it writes is seen
  EXPECT_EQ((*reader)->names(day, "c.example", 2).value(), Names{"d.example"});
}

TEST_F(TallyTest, AReaderTakesNoMoreTextsThanAReportHas) {
  auto file = open();
  std::vector<SessionFailure> failures;
  for (std::size_t kind = 1; kind <= 400; ++kind) {
    SessionFailure failure = failure_at("mx" + std::to_string(kind));
    failure.reason_code.assign(100'000, 'x');
    failures.insert(failures.end(), kind == 400 ? 2 : 1, failure);
  }
  add(*file, {session("a.example", true, failures)});
  const auto reader = TallyReader::open(path());
  ASSERT_TRUE(reader) << reader.error().detail;
  const auto counts = (*reader)->read(day, "a.example").value();
  EXPECT_EQ(counts[0].failures.size() + counts[0].unread, 400U);
  EXPECT_LT(counts[0].failures.size(), 90U);
  EXPECT_EQ(counts[0].failures.at(failures.back()), 2U);  // the most frequent ones
}

TEST_F(TallyTest, AReaderMakesNoFileAndTakesNoOther) {
  const auto missing = TallyReader::open(path());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, TallyErrorCode::unavailable);
  EXPECT_FALSE(fs::exists(path()));
  const auto database = open_database(path(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, 1000);
  execute(database.get(), "CREATE TABLE t(x)");
  const auto other = TallyReader::open(path());
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, TallyErrorCode::foreign);
}

}  // namespace
}  // namespace mta_sts::outcome
