#include "tlsrpt/history/history.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "sqlite/sqlite.hpp"
#include "tlsrpt/history/alert_memory.hpp"
#include "tlsrpt/model/report_values.hpp"
#include "unit/tlsrpt/read.hpp"

namespace mta_sts::tlsrpt {
namespace {

namespace fs = std::filesystem;

class Adder final : public RowSink {
 public:
  void session(const SessionRow& row) override { metrics.add(row); }
  void failure(const FailureRow& row) override { metrics.add(row); }
  Metrics metrics;
};

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() {
    std::string name = (fs::temp_directory_path() / "tlsrpt.XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~HistoryTest() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path() const { return (folder_ / "history.sqlite").string(); }

  std::unique_ptr<History> open(HistoryAccess access = HistoryAccess::create) {
    auto history = open_history(path(), access);
    EXPECT_TRUE(history) << history.error().detail;
    return history ? std::move(*history) : nullptr;
  }

  HistoryErrorCode error_of(HistoryAccess access = HistoryAccess::existing) {
    const auto history = open_history(path(), access);
    EXPECT_FALSE(history);
    return history ? HistoryErrorCode::busy : history.error().code;
  }

  static History::Result<ImportCounts> import(History& history, const std::vector<Report>& reports) {
    ReportBatch batch(1U << 20);
    for (const Report& report : reports) {
      batch.add(report);
    }
    return history.import(batch, now);
  }

  static Metrics all(History& history, const Filter& filter = {}) {
    Adder adder;
    EXPECT_TRUE(history.visit(filter, adder));
    return std::move(adder.metrics);
  }

  static constexpr std::chrono::sys_seconds now{std::chrono::seconds(1'772'500'000)};  // 2026-03-03
  fs::path folder_;
};

Report report_of(std::string_view success, std::string_view day = "2026-03-02",
                 std::string_view domain = "rcpt.example", std::string_view failure = "0",
                 std::string_view rest = "") {
  const std::string text =
      R"({"organization-name":"Sender Ltd","contact-info":"a@b.example","report-id":"r-1",)"
      R"("date-range":{"start-datetime":")" +
      std::string(day) + R"(T00:00:00Z","end-datetime":")" + std::string(day) +
      R"(T23:59:59Z"},"policies":[{"policy":{"policy-type":"sts","policy-domain":")" + std::string(domain) +
      R"("})" + counts_text(success, failure) + std::string(rest) + "}]}";
  return read_bytes(text).reports.at(0);
}

TEST_F(HistoryTest, KnowsTheLastDayOfAllReportsAndOfADomain) {
  const auto history = open();
  EXPECT_EQ(*history->last_day(""), std::nullopt);
  ASSERT_TRUE(import(*history,
                     {report_of("1", "2026-03-02", "a.example"), report_of("1", "2026-03-01", "b.example")}));
  EXPECT_EQ(render_day(**history->last_day("")), "2026-03-02");
  EXPECT_EQ(render_day(**history->last_day("b.example")), "2026-03-01");
  EXPECT_EQ(*history->last_day("c.example"), std::nullopt);
}

TEST_F(HistoryTest, CountsAReportOnceHoweverOftenItComes) {
  const auto history = open();
  const std::vector reports = {report_of("10"), report_of("10"), report_of("11"),
                               report_of("5", "2026-03-03")};
  auto counts = import(*history, reports);
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->fresh, 2U);
  EXPECT_EQ(counts->duplicates, 1U);
  EXPECT_EQ(counts->conflicts, 1U);
  counts = import(*history, reports);
  EXPECT_EQ(counts->fresh, 0U);
  EXPECT_EQ(counts->duplicates, 3U);
  EXPECT_EQ(counts->conflicts, 1U);
  const Metrics metrics = all(*history);
  EXPECT_EQ(metrics.total, (Sessions{15, 0}));
  EXPECT_EQ(metrics.reports, 2U);
  EXPECT_EQ(*history->count_conflicts({}), 1U);  // noted once
  const auto conflicts = history->conflicts({}, 10);
  ASSERT_EQ(conflicts->size(), 1U);
  EXPECT_EQ(conflicts->front().success, 11U);
  EXPECT_EQ(conflicts->front().key.id, "r-1");
}

TEST_F(HistoryTest, PutsReportsInDayByDay) {
  const auto history = open();
  const std::vector reports = {
      report_of("1", "2026-03-05", "a.example"), report_of("2", "2026-03-02", "a.example"),
      report_of("3", "2026-03-05", "b.example"), report_of("4", "2026-03-02", "b.example")};
  ASSERT_TRUE(import(*history, reports));
  SqliteDatabase database = open_database(path(), SQLITE_OPEN_READONLY, 0);
  Statement select(database.get(), "SELECT success FROM session ORDER BY report");
  for (const std::int64_t success : {2, 4, 1, 3}) {
    ASSERT_TRUE(select.step());
    EXPECT_EQ(select.integer(0), success);
  }
}

TEST_F(HistoryTest, SaysTheSameAsTheReportsThemselves) {
  const std::string details =
      R"(,"failure-details":[{"result-type":"certificate-expired","receiving-mx-hostname":"mx1",)"
      R"("failed-session-count":3},{"result-type":"starttls-not-supported","failed-session-count":1}])";
  const std::vector reports = {report_of("10", "2026-03-02", "a.example", "5", details),
                               report_of("1", "2026-03-04", "b.example"),
                               report_of("2", "2026-03-05", "a.example")};
  const auto history = open();
  ASSERT_TRUE(import(*history, reports));
  for (const Filter& filter :
       {Filter{}, Filter{.domain = "a.example"}, Filter{.since = parse_day("2026-03-03")},
        Filter{.until = parse_day("2026-03-02"), .domain = "a.example"}}) {
    Metrics expected;
    for (const Report& report : reports) {
      expected.add(report, filter);
    }
    const Metrics actual = all(*history, filter);
    EXPECT_EQ(actual.total, expected.total);
    EXPECT_EQ(actual.reports, expected.reports);
    EXPECT_EQ(actual.days, expected.days);
    EXPECT_EQ(actual.without_details, expected.without_details);
    EXPECT_EQ(actual.organizations, expected.organizations);
    ASSERT_EQ(actual.failures.size(), expected.failures.size());
    for (const auto& [pair, failures] : expected.failures) {
      EXPECT_EQ(actual.failures.at(pair).count, failures.count);
      EXPECT_EQ(actual.failures.at(pair).first, failures.first);
    }
  }
}

TEST_F(HistoryTest, KeepsCountsBeyond63Bits) {
  const auto history = open();
  ASSERT_TRUE(import(*history, {report_of("18446744073709551615")}));
  EXPECT_EQ(all(*history).total.success, UINT64_MAX);
}

TEST_F(HistoryTest, KeepsReportsWithoutADay) {
  const auto history = open();
  ASSERT_TRUE(import(*history, {report_of("7", "not a day")}));
  EXPECT_EQ(all(*history).undated, (Sessions{7, 0}));
  EXPECT_EQ(all(*history, {.since = parse_day("1970-01-01")}).reports, 0U);
  EXPECT_EQ(*history->prune(*parse_day("2026-03-03")), 0U);  // imported on that day
  EXPECT_EQ(*history->prune(*parse_day("2026-03-04")), 1U);
  EXPECT_EQ(all(*history).reports, 0U);
}

TEST_F(HistoryTest, PrunesWhatIsOld) {
  const auto history = open();
  ASSERT_TRUE(import(*history, {report_of("1", "2026-03-01"), report_of("2", "2026-03-01"), report_of("2")}));
  EXPECT_EQ(*history->count_conflicts({}), 1U);
  EXPECT_EQ(*history->prune(*parse_day("2026-03-02")), 1U);
  EXPECT_EQ(all(*history).total, (Sessions{2, 0}));
  EXPECT_EQ(*history->count_conflicts({}), 0U);
}

TEST_F(HistoryTest, OutlivesTheProgram) {
  { ASSERT_TRUE(import(*open(), {report_of("1")})); }
  EXPECT_EQ(all(*open(HistoryAccess::existing)).reports, 1U);
}

TEST_F(HistoryTest, KeepsHostileTextAsText) {
  const auto history = open();
  Report report = report_of("1");
  report.organization = std::string("x'); DROP TABLE report; --\0y", 28);
  ASSERT_TRUE(import(*history, {report}));
  const auto again = import(*history, {report});
  EXPECT_EQ(again->duplicates, 1U);
  EXPECT_TRUE(all(*history).organizations.contains(*report.organization));
}

TEST_F(HistoryTest, SaysWhatIsWrongWithTheFile) {
  EXPECT_EQ(error_of(), HistoryErrorCode::unavailable);  // is not there, and is not asked to be made
  std::ofstream(path()) << std::string(5000, 'x');
  EXPECT_EQ(error_of(), HistoryErrorCode::damaged);
  EXPECT_EQ(error_of(HistoryAccess::create), HistoryErrorCode::damaged);
  fs::remove(path());
  open().reset();
  sqlite3* database = nullptr;
  sqlite3_open(path().c_str(), &database);
  sqlite3_exec(database, "PRAGMA user_version=99", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  EXPECT_EQ(error_of(), HistoryErrorCode::newer);
}

// Runs SQL on the file as another program would.
void run_sql(const std::string& path, const char* sql) {
  sqlite3* database = nullptr;
  sqlite3_open(path.c_str(), &database);
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  sqlite3_close(database);
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(HistoryTest, LeavesTheFileOfAnotherProgramAsItIs) {
  for (const char* sql : {"CREATE TABLE mails(id)", "PRAGMA user_version=1; CREATE TABLE mails(id)",
                          "PRAGMA application_id=7", "CREATE TABLE report(id); PRAGMA user_version=2",
                          "PRAGMA user_version=1; CREATE TABLE report(id); CREATE TABLE failure(id);"
                          "CREATE TABLE session(id); CREATE TABLE conflict(id)",
                          "PRAGMA application_id=1297372018; CREATE TABLE mails(id)",
                          "PRAGMA application_id=1297372018; PRAGMA user_version=4; CREATE TABLE mails(id)",
                          "PRAGMA journal_mode=WAL; CREATE TABLE mails(id)",
                          "PRAGMA journal_mode=WAL; PRAGMA application_id=7"}) {
    run_sql(path(), sql);
    const std::string before = bytes_of(path());
    for (const HistoryAccess access : {HistoryAccess::create, HistoryAccess::existing, HistoryAccess::read}) {
      EXPECT_EQ(error_of(access), HistoryErrorCode::foreign) << sql;
    }
    EXPECT_EQ(bytes_of(path()), before) << sql;
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << sql;
    fs::remove(path());
  }
}

TEST_F(HistoryTest, LeavesAFileThatIsNoDatabaseAsItIs) {
  for (const std::size_t size : {1U, 10U, 16U, 511U, 512U, 5000U}) {
    const std::string text(size, 'n');
    std::ofstream(path(), std::ios::binary) << text;
    for (const HistoryAccess access : {HistoryAccess::create, HistoryAccess::existing, HistoryAccess::read}) {
      EXPECT_EQ(error_of(access), HistoryErrorCode::damaged) << size;
    }
    EXPECT_EQ(bytes_of(path()), text) << size;
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << size;
  }
}

TEST_F(HistoryTest, ReadsAPathWithAnySignsInIt) {
  const std::string odd = (folder_ / "a b?c%41#\xC3\xBC.sqlite").string();
  { ASSERT_TRUE(open_history(odd, HistoryAccess::create)); }
  run_sql(odd, "PRAGMA journal_mode=WAL");
  EXPECT_TRUE(open_history(odd, HistoryAccess::existing));
}

TEST_F(HistoryTest, GivesTheSpaceOfAnOlderHistoryBack) {
  {
    const auto history = open();
    std::vector<Report> reports;
    for (int i = 0; i < 2000; ++i) {
      reports.push_back(report_of("7", "2026-03-02", "d" + std::to_string(i) + ".example"));
    }
    ASSERT_TRUE(import(*history, reports));
  }
  run_sql(path(), "PRAGMA auto_vacuum=NONE; VACUUM");
  const auto before = fs::file_size(path());
  EXPECT_EQ(open(HistoryAccess::existing)->prune(std::chrono::year(2027) / 1 / 1), 2000U);
  EXPECT_LT(fs::file_size(path()), before / 4);
}
// Up to the fourth layout the key of a report were its four texts.
constexpr const char* with_key_of_texts = R"sql(
CREATE TABLE old_report(
  id INTEGER PRIMARY KEY, organization TEXT NOT NULL, report_id TEXT NOT NULL, start TEXT NOT NULL,
  domain TEXT NOT NULL, content INTEGER NOT NULL, day INTEGER NOT NULL, contact TEXT, imported INTEGER NOT NULL,
  authentication INTEGER NOT NULL DEFAULT 0, UNIQUE(organization, report_id, start, domain));
INSERT INTO old_report SELECT id, organization, report_id, start, domain, content, day, contact, imported,
  authentication FROM report;
DROP TABLE report;
ALTER TABLE old_report RENAME TO report;
CREATE INDEX report_day ON report(day);
DROP INDEX conflict_day;
)sql";

// Makes an older layout of today's.
void go_back(const std::string& path, int layout) {
  run_sql(path, with_key_of_texts);
  const auto drop = [&](const std::string& table, const std::string& column) {
    run_sql(path, ("ALTER TABLE " + table + " DROP COLUMN " + column).c_str());
  };
  if (layout < 4) {
    for (const char* table : {"report", "session", "failure", "conflict"}) {
      drop(table, "authentication");
    }
  }
  if (layout < 3) {
    run_sql(path, "DROP TABLE watch; DROP TABLE standing");
  }
  if (layout < 2) {
    for (const char* column :
         {"receiving_ip", "sending_ip", "helo", "reason_code", "information", "outside_policy"}) {
      drop("failure", column);
    }
    run_sql(path, "PRAGMA application_id=0");
  }
  run_sql(path, ("PRAGMA user_version=" + std::to_string(layout)).c_str());
}

TEST_F(HistoryTest, BringsOlderLayoutsUpToDateWhereItMayWrite) {
  for (const int layout : {1, 2, 3, 4}) {
    fs::remove(path());
    { ASSERT_TRUE(import(*open(), {report_of("7"), report_of("8")})); }
    go_back(path(), layout);
    run_sql(path(), "PRAGMA journal_mode=WAL");
    EXPECT_EQ(all(*open(HistoryAccess::read)).total, (Sessions{7, 0}));
    EXPECT_EQ(open(HistoryAccess::read)->conflicts({}, 10)->at(0).success, 8U);
    EXPECT_EQ(all(*open(HistoryAccess::existing)).total, (Sessions{7, 0}));
    EXPECT_EQ(bytes_of(path()).substr(18, 2), "\x01\x01") << layout;  // no write-ahead log any more
    EXPECT_EQ(import(*open(), {report_of("7")})->duplicates, 1U);
    EXPECT_EQ(import(*open(), {report_of("9")})->conflicts, 1U);
    EXPECT_EQ(*open()->count_conflicts({}), 2U);
    EXPECT_EQ(*open()->prune(*parse_day("2026-03-03")), 1U);
  }
}

// A column's sum says whether the rows are all there; their indexes are in the check.
std::string rows_of(const std::string& path) {
  SqliteDatabase database = open_database(path, SQLITE_OPEN_READONLY, 0);
  std::string found;
  for (const char* sql :
       {"SELECT group_concat(id || report_id || mark || day || domain, ';') FROM report",
        "SELECT group_concat(report || success || domain, ';') FROM session", "PRAGMA integrity_check"}) {
    Statement select(database.get(), sql);
    EXPECT_TRUE(select.step());
    found += std::string(select.text(0)) + "\n";
  }
  return found;
}

TEST_F(HistoryTest, HasTheSameRowsHoweverItCameToItsLayout) {
  std::vector<Report> reports;
  for (int i = 0; i < 3000; ++i) {
    reports.push_back(
        report_of("1", i % 2 == 0 ? "2026-03-01" : "2026-03-02", "d" + std::to_string(i) + ".example"));
  }
  { ASSERT_TRUE(import(*open(), reports)); }
  const std::string rows = rows_of(path());
  const auto size = fs::file_size(path());
  go_back(path(), 2);
  open(HistoryAccess::existing).reset();
  EXPECT_EQ(rows_of(path()), rows);
  EXPECT_LT(fs::file_size(path()), size + size / 10);  // what the older layout took more is given back
}

constexpr std::chrono::sys_days day_of_alert = std::chrono::year(2026) / 3 / 3;

std::unique_ptr<AlertMemory> memory_of(const std::string& path) {
  auto memory = open_alert_memory(path, HistoryAccess::existing);
  EXPECT_TRUE(memory) << memory.error().detail;
  return memory ? std::move(*memory) : nullptr;
}

TEST_F(HistoryTest, BringsTheSecondLayoutUpToDateForAnAlert) {
  { ASSERT_TRUE(import(*open(), {report_of("7")})); }
  go_back(path(), 2);
  EXPECT_EQ(all(*open(HistoryAccess::read)).total, (Sessions{7, 0}));
  const auto memory = memory_of(path());
  EXPECT_FALSE(memory->load({})->judged);
  EXPECT_TRUE(memory->save({}, {.judged = now, .standing = {}}));
  EXPECT_EQ(memory->load({})->judged, now);
  EXPECT_EQ(all(*open(HistoryAccess::read)).total, (Sessions{7, 0}));
}

TEST_F(HistoryTest, RemembersTheAlertsOfEachWatch) {
  open().reset();
  const std::vector<Standing> standing = {
      {.kind = FindingKind::host, .subject = "mx'1", .told = day_of_alert, .seen = day_of_alert},
      {.kind = FindingKind::rate, .subject = "", .told = day_of_alert, .seen = day_of_alert}};
  const Watch watch{.domain = "a.example", .target = {}, .days = 3};
  ASSERT_TRUE(memory_of(path())->save(watch, {.judged = now, .standing = standing}));
  const auto memory = memory_of(path());
  EXPECT_EQ(memory->load(watch)->standing, standing);
  for (const Watch& other :
       {Watch{.domain = "b.example", .target = {}, .days = 3},
        Watch{.domain = "a.example", .target = {99'000}, .days = 3},
        Watch{.domain = "a.example", .target = {}, .days = 4},
        Watch{.domain = "a.example", .target = {}, .days = 3, .expects_reports = true}}) {
    EXPECT_FALSE(memory->load(other)->judged);
  }
  ASSERT_TRUE(memory->save(watch, {.judged = now, .standing = {standing[1]}}));
  EXPECT_EQ(memory->load(watch)->standing, std::vector{standing[1]});
  run_sql(path(), "UPDATE standing SET kind='of a newer version'");
  EXPECT_TRUE(memory->load(watch)->standing.empty());
}

TEST_F(HistoryTest, ForgetsAWatchThatNobodyAsksFor) {
  const auto history = open();
  const auto memory = memory_of(path());
  ASSERT_TRUE(memory->save({}, {.judged = now, .standing = {}}));
  ASSERT_TRUE(history->prune(day_of_alert));
  EXPECT_TRUE(memory->load({})->judged);
  ASSERT_TRUE(history->prune(day_of_alert + std::chrono::days(1)));
  EXPECT_FALSE(memory->load({})->judged);
}

TEST_F(HistoryTest, SaysOfAConflictWhetherTheReportThatCountsIsAuthenticated) {
  const auto history = open();
  for (const auto& [domain, authentication] : {std::pair("a.example", Authentication::authenticated),
                                               std::pair("b.example", Authentication::not_authenticated),
                                               std::pair("c.example", Authentication::not_by_mail)}) {
    Report counted = report_of("1", "2026-03-02", domain);
    counted.authentication = authentication;
    ASSERT_TRUE(import(*history, {counted, report_of("2", "2026-03-02", domain)}));
    const auto conflicts = history->conflicts({.domain = domain}, 10);
    ASSERT_EQ(conflicts->size(), 1U);
    EXPECT_EQ(conflicts->at(0).authentication, report_of("2").authentication);
    EXPECT_EQ(conflicts->at(0).counted, authentication);
  }
}

TEST_F(HistoryTest, TellsWhenReportsCame) {
  class Times final : public RowSink {
   public:
    void session(const SessionRow& row) override { session_time = row.imported; }
    void failure(const FailureRow& row) override { failure_time = row.imported; }
    std::chrono::sys_seconds session_time;
    std::chrono::sys_seconds failure_time;
  } times;
  const auto history = open();
  const auto failing = report_of("1", "2026-03-02", "rcpt.example", "1",
                                 R"(,"failure-details":[{"result-type":"x","failed-session-count":1}])");
  ASSERT_TRUE(import(*history, {failing, report_of("2")}));
  ASSERT_TRUE(history->visit({.tells_import = true}, times));
  EXPECT_EQ(times.session_time, now);
  EXPECT_EQ(times.failure_time, now);
  EXPECT_EQ(history->conflicts({}, 10)->at(0).imported, now);
}

TEST_F(HistoryTest, GivesTheSpaceOfOldReportsBack) {
  const auto history = open();
  std::vector<Report> reports;
  for (int i = 0; i < 4000; ++i) {
    reports.push_back(
        report_of("1", i < 3900 ? "2026-03-01" : "2026-03-02", "d" + std::to_string(i) + ".example"));
  }
  ASSERT_TRUE(import(*history, reports));
  const auto before = fs::file_size(path());
  EXPECT_EQ(*history->prune(*parse_day("2026-03-02")), 3900U);
  EXPECT_LT(fs::file_size(path()), before / 5);
  EXPECT_EQ(all(*history).reports, 100U);
}

TEST_F(HistoryTest, SurvivesDamage) {
  {
    const auto history = open();
    std::vector<Report> reports;
    for (int i = 0; i < 2000; ++i) {
      reports.push_back(report_of("1", "2026-03-02", "d" + std::to_string(i) + ".example"));
    }
    ASSERT_TRUE(import(*history, reports));
  }
  const auto size = fs::file_size(path());
  std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size / 3));
  file << std::string(size / 3, '\xA5');
  file.close();
  const auto history = open_history(path(), HistoryAccess::existing);
  if (history) {
    Adder adder;
    const auto visited = (*history)->visit({}, adder);
    ASSERT_FALSE(visited);
    EXPECT_EQ(visited.error().code, HistoryErrorCode::damaged);
  }
}

}  // namespace
}  // namespace mta_sts::tlsrpt
