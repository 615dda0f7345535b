#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/handle.hpp"
#include "tlsrpt/history/history.hpp"

namespace mta_sts::tlsrpt {

/// A step of SQLite that went wrong; only inside sqlite_history.cpp, where it is turned into a HistoryError.
struct SqliteFailure {
  int code = 0;
  std::string detail;
};

/// One prepared statement. Its functions throw SqliteFailure: a transaction has many steps and one way out.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);

  /// Binds the next parameter, from 1 after reset().
  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view text);
  /// A count beyond SQLite's 63 bits is kept as decimal text.
  Statement& bind_count(std::uint64_t count);

  /// Runs to the next row; false where there is none.
  bool step();

  /// Runs to its end and makes ready to bind again.
  void run();
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
  }
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::uint64_t count(int column) const;

 private:
  void check(int code) const;

  sqlite3* database_;
  Handle<sqlite3_stmt, sqlite3_finalize> statement_;
  int bound_ = 0;
};

[[nodiscard]] SqliteFailure failure_of(sqlite3* database, int code);

/// Runs SQL text without results.
void execute(sqlite3* database, const char* sql);

}  // namespace mta_sts::tlsrpt
