#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/handle.hpp"

namespace mta_sts {

/// A step of SQLite that went wrong. It is thrown, since work on a database has many steps and one way out;
/// whoever opens the database catches it.
struct SqliteFailure {
  int code = 0;        ///< the primary result code, SQLITE_BUSY and the like
  std::string detail;  ///< SQLite's own words
};

/// What a failure means to whoever has the file.
enum class SqliteTrouble : std::uint8_t {
  unavailable,  ///< cannot be opened, read or written
  busy,         ///< another process holds it
  full,         ///< the disk has no room
  damaged,      ///< no database, or its bytes went bad
};

[[nodiscard]] SqliteTrouble trouble_of(const SqliteFailure& failure);

using SqliteDatabase = Handle<sqlite3, sqlite3_close_v2>;

/// Opens a database for one thread, without links in its path followed where `flags` has
/// SQLITE_OPEN_NOFOLLOW; a lock of somebody else is waited for as long as `busy_milliseconds`. SQL in the
/// file cannot damage it (SQLITE_DBCONFIG_DEFENSIVE). Throws SqliteFailure.
[[nodiscard]] SqliteDatabase open_database(const std::string& path, int flags, int busy_milliseconds);

/// Runs SQL text without results. Throws SqliteFailure.
void execute(sqlite3* database, const char* sql);

/// Runs `body` in one transaction, of which nothing stays if it throws; one that only reads takes "BEGIN".
/// Throws SqliteFailure.
template <typename Body>
void in_transaction(sqlite3* database, Body body, const char* begin = "BEGIN IMMEDIATE") {
  execute(database, begin);
  try {
    body();
    execute(database, "COMMIT");
  } catch (...) {
    sqlite3_exec(database, "ROLLBACK", nullptr, nullptr, nullptr);  // the first error is the one to tell
    throw;
  }
}

/// Runs `body` and gives its result, a T; where it throws SqliteFailure, what `error_of` makes of that.
template <typename T, typename Body, typename ErrorOf>
[[nodiscard]] auto caught(Body body, ErrorOf error_of)
    -> std::expected<T, std::invoke_result_t<ErrorOf, const SqliteFailure&>> {
  try {
    if constexpr (std::is_void_v<T>) {
      body();
      return {};
    } else {
      return body();
    }
  } catch (const SqliteFailure& failure) {
    return std::unexpected(error_of(failure));
  }
}

/// Gives the number that a pragma has, -1 where it gives none. Throws SqliteFailure.
[[nodiscard]] std::int64_t pragma(sqlite3* database, std::string_view name);

/// Tells whether a database has no table and no program's mark: it was made just now, or by a process that
/// ended before its tables were there. What SQLite writes first, such as the mode of the journal, makes a
/// page without them. Throws SqliteFailure.
[[nodiscard]] bool is_empty_database(sqlite3* database);

/// One prepared statement. All that can fail throws SqliteFailure, and leaves the statement ready to bind
/// again.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);

  /// Binds the next parameter, from 1 after reset() and run(). Text and bytes must outlive the run.
  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view text);
  Statement& bind_blob(std::string_view bytes);
  /// A count beyond SQLite's 63 bits is kept as decimal text.
  Statement& bind_count(std::uint64_t count);

  /// Runs to the next row; false where there is none.
  bool step();

  /// Runs to its end and makes ready to bind again.
  void run();
  void reset();

  /// Gives a column of the row, from 0. Views hold until the next step.
  [[nodiscard]] std::int64_t integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
  }
  [[nodiscard]] bool is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::string_view blob(int column) const;
  [[nodiscard]] std::uint64_t count(int column) const;

 private:
  void check(int code);

  sqlite3* database_;
  Handle<sqlite3_stmt, sqlite3_finalize> statement_;
  int bound_ = 0;
};

}  // namespace mta_sts
