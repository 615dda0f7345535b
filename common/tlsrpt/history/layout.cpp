#include "tlsrpt/history/layout.hpp"

#include <array>
#include <filesystem>
#include <system_error>

#include "base/enum_names.hpp"
#include "base/utf8.hpp"
#include "tlsrpt/history/database_header.hpp"
#include "tlsrpt/history/mark_function.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::int64_t application_id = 0x4D545352;  // "MTSR"
constexpr int busy_timeout_milliseconds = 10'000;
constexpr std::int64_t incremental_vacuum = 2;

// Rows are kept in the order of their day: what is asked for are days, and what comes in is of today. Counts
// have no declared type, so that one beyond 63 bits stays text.
constexpr const char* first_layout = R"sql(
CREATE TABLE report(
  id INTEGER PRIMARY KEY,
  organization TEXT NOT NULL,
  report_id TEXT NOT NULL,
  start TEXT NOT NULL,
  domain TEXT NOT NULL,
  content INTEGER NOT NULL,
  day INTEGER NOT NULL,
  contact TEXT,
  imported INTEGER NOT NULL,
  UNIQUE(organization, report_id, start, domain));
CREATE INDEX report_day ON report(day);
CREATE TABLE session(
  day INTEGER NOT NULL,
  report INTEGER NOT NULL,
  number INTEGER NOT NULL,
  domain TEXT NOT NULL,
  organization TEXT NOT NULL,
  policy_type TEXT NOT NULL,
  success NOT NULL,
  failure NOT NULL,
  in_details NOT NULL,
  shadowed INTEGER NOT NULL,
  PRIMARY KEY(day, report, number)) WITHOUT ROWID;
CREATE TABLE failure(
  day INTEGER NOT NULL,
  report INTEGER NOT NULL,
  number INTEGER NOT NULL,
  domain TEXT NOT NULL,
  organization TEXT NOT NULL,
  result_type TEXT NOT NULL,
  host TEXT NOT NULL,
  count NOT NULL,
  shadowed INTEGER NOT NULL,
  PRIMARY KEY(day, report, number)) WITHOUT ROWID;
CREATE TABLE conflict(
  organization TEXT NOT NULL,
  report_id TEXT NOT NULL,
  start TEXT NOT NULL,
  domain TEXT NOT NULL,
  content INTEGER NOT NULL,
  day INTEGER NOT NULL,
  success NOT NULL,
  failure NOT NULL,
  imported INTEGER NOT NULL,
  PRIMARY KEY(organization, report_id, start, domain, content)) WITHOUT ROWID;
)sql";

// What the second layout has more than the first.
constexpr const char* second_layout = R"sql(
ALTER TABLE failure ADD COLUMN receiving_ip TEXT NOT NULL DEFAULT '';
ALTER TABLE failure ADD COLUMN sending_ip TEXT NOT NULL DEFAULT '';
ALTER TABLE failure ADD COLUMN helo TEXT NOT NULL DEFAULT '';
ALTER TABLE failure ADD COLUMN reason_code TEXT NOT NULL DEFAULT '';
ALTER TABLE failure ADD COLUMN information TEXT NOT NULL DEFAULT '';
ALTER TABLE failure ADD COLUMN outside_policy INTEGER NOT NULL DEFAULT 0;
)sql";

// What alerts remember: up to which import each watch was judged, and which of its findings stand.
constexpr const char* third_layout = R"sql(
CREATE TABLE watch(
  id INTEGER PRIMARY KEY,
  domain TEXT NOT NULL,
  target INTEGER NOT NULL,
  days INTEGER NOT NULL,
  expects_reports INTEGER NOT NULL,
  judged INTEGER NOT NULL,
  UNIQUE(domain, target, days, expects_reports));
CREATE TABLE standing(
  watch INTEGER NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  told INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  PRIMARY KEY(watch, kind, subject)) WITHOUT ROWID;
)sql";

// What the fourth layout has more: a number of Authentication, beside the rows too, which are read without
// their report.
constexpr const char* fourth_layout = R"sql(
ALTER TABLE report ADD COLUMN authentication INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN authentication INTEGER NOT NULL DEFAULT 0;
ALTER TABLE failure ADD COLUMN authentication INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conflict ADD COLUMN authentication INTEGER NOT NULL DEFAULT 0;
)sql";

// The fifth layout finds a report by its day and a number instead of four texts: a fifth of the bytes, and
// those of a day side by side. The index is made last, in its order.
constexpr const char* fifth_layout = R"sql(
CREATE TABLE marked_report(
  id INTEGER PRIMARY KEY,
  organization TEXT NOT NULL,
  report_id TEXT NOT NULL,
  start TEXT NOT NULL,
  domain TEXT NOT NULL,
  content INTEGER NOT NULL,
  day INTEGER NOT NULL,
  contact TEXT,
  imported INTEGER NOT NULL,
  authentication INTEGER NOT NULL,
  mark INTEGER NOT NULL);
INSERT INTO marked_report
  SELECT id, organization, report_id, start, domain, content, day, contact, imported, authentication,
    report_mark(organization, report_id, start, domain) FROM report;
DROP TABLE report;
ALTER TABLE marked_report RENAME TO report;
CREATE UNIQUE INDEX report_mark ON report(day, mark);
CREATE INDEX conflict_day ON conflict(day);
)sql";

// Each step makes a layout of the one before.
constexpr std::array steps = {first_layout, second_layout, third_layout, fourth_layout, fifth_layout};
constexpr auto layout_version = static_cast<std::int64_t>(steps.size());

HistoryErrorCode code_of(int sqlite_code) {
  switch (sqlite_code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return HistoryErrorCode::busy;
    case SQLITE_FULL:
      return HistoryErrorCode::full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return HistoryErrorCode::damaged;
    default:
      return HistoryErrorCode::unavailable;
  }
}

std::string fix_of(HistoryErrorCode code) {
  using enum HistoryErrorCode;
  static constexpr auto words = enum_names<HistoryErrorCode>({
      {unavailable, "check that this user may read and write it"},
      {unreachable, "try again"},
      {busy, "another program holds it; try again"},
      {full, "make room on the disk, or prune it"},
      {damaged, "put the file aside and import the reports again"},
      {newer, "a newer mta-sts made it; use that one"},
      {foreign, "name another file with --db"},
  });
  return std::string(words[code]);
}

HistoryError error_at(const std::string& path, HistoryErrorCode code, const std::string& what) {
  return {code, text::escape_for_display(path) + ": " + what + "; " + fix_of(code)};
}

// Tells whether all that the first layout has is there: another program may have tables of the same names.
bool has_first_layout(sqlite3* database) {
  constexpr std::array columns = {
      "id, organization, report_id, start, domain, content, day, contact, imported FROM report",
      "day, report, number, domain, organization, policy_type, success, failure, in_details, shadowed FROM "
      "session",
      "day, report, number, domain, organization, result_type, host, count, shadowed FROM failure",
      "organization, report_id, start, domain, content, day, success, failure, imported FROM conflict"};
  try {
    for (const char* each : columns) {
      Statement(database, std::string("SELECT ") + each);
    }
  } catch (const SqliteFailure& failure) {
    if (failure.code != SQLITE_ERROR) {
      throw;
    }
    return false;
  }
  return true;
}

// The first layout had no application_id; a newer one may have other columns.
bool is_history(sqlite3* database) {
  const std::int64_t id = pragma(database, "application_id");
  const std::int64_t version = pragma(database, "user_version");
  if (id == application_id && version > layout_version) {
    return true;
  }
  const bool may_be = version > 0 && (id == application_id || (id == 0 && version == 1));
  return may_be && has_first_layout(database);
}

void mark(sqlite3* database) {
  execute(database, ("PRAGMA application_id=" + std::to_string(application_id)).c_str());
  execute(database, ("PRAGMA user_version=" + std::to_string(layout_version)).c_str());
}

void go_on_from(sqlite3* database, std::int64_t version) {
  for (auto step = static_cast<std::size_t>(version); step < steps.size(); ++step) {
    execute(database, steps[step]);
  }
  mark(database);
}

// Two programs that make the same file at once meet at BEGIN: the second one finds it made.
void make(sqlite3* database) {
  execute(database, "PRAGMA auto_vacuum=INCREMENTAL");
  execute(database, "BEGIN IMMEDIATE");
  if (is_empty_database(database)) {
    go_on_from(database, 0);
  }
  execute(database, "COMMIT");
}

void upgrade(sqlite3* database) {
  execute(database, "BEGIN IMMEDIATE");
  if (const std::int64_t version = pragma(database, "user_version"); version < layout_version) {
    go_on_from(database, version);
  }
  execute(database, "COMMIT");
  give_space_back(database);
}

// Unlike a write-ahead log it asks nothing of who only reads. Where another program has the file open, the
// mode of the journal stays as it is.
void use_rollback_journal(sqlite3* database) {
  try {
    execute(database, "PRAGMA journal_mode=DELETE");
  } catch (const SqliteFailure& failure) {
    if (failure.code != SQLITE_BUSY) {
      throw;
    }
  }
}

int flags_of(HistoryAccess access) {
  switch (access) {
    case HistoryAccess::read:
      return SQLITE_OPEN_READONLY;
    case HistoryAccess::existing:
      return SQLITE_OPEN_READWRITE;
    case HistoryAccess::create:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  return SQLITE_OPEN_READONLY;
}

// Looks at a file with a write-ahead log as it lies there: opening it as usual would make files beside that
// of another program. Where there is such a file already, somebody has it open or did not close it.
bool may_be_history(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path + "-wal", ignored)) {
    return true;
  }
  const SqliteDatabase database =
      open_database(immutable_name(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE,
                    busy_timeout_milliseconds);
  return is_history(database.get()) || is_empty_database(database.get());
}

HistoryError needs_writer(const std::string& path) {
  return {
      HistoryErrorCode::unavailable,
      text::escape_for_display(path) +
          ": an older version made it, in a form (WAL) that only a user who may write it can read; let such "
          "a user run mta-sts tlsrpt import once, which brings it up to date"};
}

// Undoes what a program left half done that was killed, which nobody can who only reads.
bool roll_back(const std::string& path) {
  try {
    const SqliteDatabase database = open_database(path, SQLITE_OPEN_READWRITE, busy_timeout_milliseconds);
    return pragma(database.get(), "user_version") >= 0;
  } catch (const SqliteFailure&) {
    return false;
  }
}

bool has_journal(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path + "-journal", ignored);
}

HistoryError needs_rollback(const std::string& path) {
  return {HistoryErrorCode::unavailable,
          text::escape_for_display(path) +
              ": an import was cut off; the next one, or a look by a user who may write the file, mends it"};
}

}  // namespace

HistoryError history_error(const std::string& path, const SqliteFailure& failure) {
  return error_at(path, code_of(failure.code), failure.detail);
}

std::expected<SqliteDatabase, HistoryError> open_layout(const std::string& path, HistoryAccess access) {
  const HistoryError foreign =
      error_at(path, HistoryErrorCode::foreign, "it is no history of TLS reports, and is left as it is");
  const DatabaseHeader header = read_database_header(path);
  if (header == DatabaseHeader::other) {
    throw SqliteFailure{.code = SQLITE_NOTADB, .detail = "file is not a database"};
  }
  const bool is_write_ahead = header == DatabaseHeader::write_ahead;
  if (is_write_ahead && !may_be_history(path)) {
    return std::unexpected(foreign);
  }
  SqliteDatabase database =
      open_database(path, flags_of(access) | SQLITE_OPEN_EXRESCODE, busy_timeout_milliseconds);
  add_mark_function(database.get());
  // Nothing is written, not even a pragma, before it is known whose file it is.
  try {
    if (access == HistoryAccess::create && is_empty_database(database.get())) {
      make(database.get());
    }
    if (!is_history(database.get())) {
      return std::unexpected(foreign);
    }
  } catch (const SqliteFailure& failure) {
    if (is_write_ahead && (failure.code == SQLITE_READONLY || failure.code == SQLITE_CANTOPEN)) {
      return std::unexpected(needs_writer(path));
    }
    const bool is_cut_off =
        access == HistoryAccess::read && failure.code == SQLITE_READONLY && has_journal(path);
    if (!is_cut_off) {
      throw;
    }
    database.reset();
    return roll_back(path) && !has_journal(path) ? open_layout(path, access)
                                                 : std::unexpected(needs_rollback(path));
  }
  const std::int64_t version = pragma(database.get(), "user_version");
  if (version > layout_version) {
    return std::unexpected(
        error_at(path, HistoryErrorCode::newer, "its layout has version " + std::to_string(version)));
  }
  if (access != HistoryAccess::read) {
    use_rollback_journal(database.get());
    if (version < layout_version) {
      upgrade(database.get());
    }
  }
  return database;
}

void give_space_back(sqlite3* database) {
  if (pragma(database, "auto_vacuum") == incremental_vacuum) {
    execute(database, "PRAGMA incremental_vacuum");
  }
}

void enable_giving_back(sqlite3* database) {
  if (pragma(database, "auto_vacuum") == incremental_vacuum || pragma(database, "freelist_count") == 0) {
    return;
  }
  try {
    execute(database, "PRAGMA auto_vacuum=INCREMENTAL");
    execute(database, "VACUUM");
  } catch (const SqliteFailure& failure) {
    if (failure.code != SQLITE_FULL) {  // a copy has no room: the free pages are used again
      throw;
    }
  }
}

std::string_view to_string(HistoryErrorCode code) {
  using enum HistoryErrorCode;
  static constexpr auto words = enum_names<HistoryErrorCode>({
      {unavailable, "history-unavailable"},
      {unreachable, "history-unreachable"},
      {busy, "history-busy"},
      {full, "history-full"},
      {damaged, "history-damaged"},
      {newer, "history-newer"},
      {foreign, "history-foreign"},
  });
  return words[code];
}

}  // namespace mta_sts::tlsrpt
