#include "tlsrpt/history/sqlite.hpp"

#include <charconv>

namespace mta_sts::tlsrpt {

SqliteFailure failure_of(sqlite3* database, int code) {
  const char* text = database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database);
  return {.code = code & 0xFF, .detail = text == nullptr ? "" : text};
}

void execute(sqlite3* database, const char* sql) {
  const int code = sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) {
    throw failure_of(database, code);
  }
}

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &statement, nullptr));
  statement_.reset(statement);
}

Statement& Statement::bind(std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), ++bound_, value));
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  // Every statement is run and reset before what it views goes: no copy needed.
  check(sqlite3_bind_text64(statement_.get(), ++bound_, text.data() == nullptr ? "" : text.data(),
                            text.size(), SQLITE_STATIC, SQLITE_UTF8));
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
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    const SqliteFailure failure = failure_of(database_, code);
    reset();
    throw failure;
  }
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

void Statement::check(int code) const {
  if (code != SQLITE_OK) {
    throw failure_of(database_, code);
  }
}

}  // namespace mta_sts::tlsrpt
