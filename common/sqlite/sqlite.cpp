#include "sqlite/sqlite.hpp"

#include <cerrno>
#include <charconv>

namespace mta_sts {
namespace {

SqliteFailure failure_of(sqlite3* database, int code) {
  const char* text = database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database);
  int primary = code & 0xFF;
  const int system_error = database == nullptr ? 0 : sqlite3_system_errno(database);
  // No room for the files beside the database is an error of input and output to SQLite.
  if ((primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) &&
      (system_error == ENOSPC || system_error == EDQUOT)) {
    primary = SQLITE_FULL;
  }
  return {.code = primary, .detail = text == nullptr ? "" : text};
}

void require_ok(sqlite3* database, int code) {
  if (code != SQLITE_OK) {
    throw failure_of(database, code);
  }
}

// A null pointer would bind NULL.
const char* data_of(std::string_view bytes) {
  return bytes.data() == nullptr ? "" : bytes.data();
}

}  // namespace

SqliteTrouble trouble_of(const SqliteFailure& failure) {
  switch (failure.code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return SqliteTrouble::busy;
    case SQLITE_FULL:
      return SqliteTrouble::full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return SqliteTrouble::damaged;
    default:
      return SqliteTrouble::unavailable;
  }
}

SqliteDatabase open_database(const std::string& path, int flags, int busy_milliseconds) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteDatabase database(opened);  // there is something to close where opening failed, too
  require_ok(opened, code);
  require_ok(opened, sqlite3_busy_timeout(opened, busy_milliseconds));
  require_ok(opened, sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr));
  return database;
}

void execute(sqlite3* database, const char* sql) {
  require_ok(database, sqlite3_exec(database, sql, nullptr, nullptr, nullptr));
}

std::int64_t pragma(sqlite3* database, std::string_view name) {
  Statement statement(database, "PRAGMA " + std::string(name));
  return statement.step() ? statement.integer(0) : -1;
}

bool is_empty_database(sqlite3* database) {
  Statement select(database, "SELECT 1 FROM sqlite_schema");
  return pragma(database, "application_id") == 0 && pragma(database, "user_version") == 0 && !select.step();
}

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  require_ok(database, code);
}

Statement& Statement::bind(std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), ++bound_, value));
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  check(sqlite3_bind_text64(statement_.get(), ++bound_, data_of(text), text.size(), SQLITE_STATIC,
                            SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_blob(std::string_view bytes) {
  check(sqlite3_bind_blob64(statement_.get(), ++bound_, data_of(bytes), bytes.size(), SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind_count(std::uint64_t count) {
  if (count <= INT64_MAX) {
    return bind(static_cast<std::int64_t>(count));
  }
  const std::string digits = std::to_string(count);
  check(sqlite3_bind_text64(statement_.get(), ++bound_, digits.data(), digits.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  check(code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code);
  return code == SQLITE_ROW;
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(statement_.get());  // repeats the code of the last step, which was judged
  bound_ = 0;
}

std::string_view Statement::text(int column) const {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  const int length = sqlite3_column_bytes(statement_.get(), column);
  return text == nullptr ? std::string_view() : std::string_view(text, static_cast<std::size_t>(length));
}

std::string_view Statement::blob(int column) const {
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int length = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr ? std::string_view() : std::string_view(bytes, static_cast<std::size_t>(length));
}

std::uint64_t Statement::count(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER) {
    const std::int64_t value = integer(column);
    return value < 0 ? 0 : static_cast<std::uint64_t>(value);
  }
  const std::string_view digits = text(column);
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

void Statement::check(int code) {
  if (code != SQLITE_OK) {
    const SqliteFailure failure = failure_of(database_, code);
    reset();
    throw failure;
  }
}

}  // namespace mta_sts
