#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sqlite/sqlite.hpp"

namespace mta_sts::outcome {

/// Why the file of counts cannot be used. What it has stays.
enum class TallyErrorCode : std::uint8_t {
  unavailable,  ///< cannot be opened or made: check the folder and its rights
  busy,         ///< another program holds it: try again
  full,         ///< no room on the disk: try again once there is
  damaged,      ///< no database, or its bytes went bad: put it aside
  foreign,      ///< a database of another program, or of a newer version: not touched
};

/// Gives the error word, "tally-full".
[[nodiscard]] std::string_view to_string(TallyErrorCode code);

struct TallyError {
  TallyErrorCode code = TallyErrorCode::unavailable;
  std::string detail;  ///< a sentence, safe to show
};

/// Gives the error of a step of SQLite on the file at `path`.
[[nodiscard]] TallyError tally_error(const std::string& path, const SqliteFailure& failure);

/// Tells whether the open database is a file of counts of this version; else gives the error.
[[nodiscard]] bool is_tally(sqlite3* database);
[[nodiscard]] TallyError foreign_tally(const std::string& path);

}  // namespace mta_sts::outcome
