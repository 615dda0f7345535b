#pragma once

#include <sqlite3.h>

#include <expected>
#include <string>

#include "sqlite/sqlite.hpp"
#include "tlsrpt/history/history.hpp"

namespace mta_sts::tlsrpt {

/// Opens the file of a history, makes it where `access` says so, and brings an older layout up to today's
/// where it may be written. A file of another program is never written to. Throws SqliteFailure.
[[nodiscard]] std::expected<SqliteDatabase, HistoryError> open_layout(const std::string& path,
                                                                      HistoryAccess access);

/// Gives free pages back to the disk. Throws SqliteFailure.
void give_space_back(sqlite3* database);

/// Lets give_space_back do so in a file that was made without that, and gives its free pages back: once, and
/// as far as the disk has room for a copy. Throws SqliteFailure.
void enable_giving_back(sqlite3* database);

/// What a failure of SQLite means for the user of the history.
[[nodiscard]] HistoryError history_error(const std::string& path, const SqliteFailure& failure);

}  // namespace mta_sts::tlsrpt
