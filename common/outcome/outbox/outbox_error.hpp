#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sqlite/sqlite.hpp"

namespace mta_sts::outcome {

/// Why the queue of reports cannot be used. What it has stays.
enum class OutboxErrorCode : std::uint8_t {
  queue_unavailable,  ///< cannot be opened, made or written: check the folder and its rights
  queue_busy,         ///< another program holds the file: try again
  queue_full,         ///< no room on the disk: try again once there is
  queue_damaged,      ///< no database, or its bytes went bad: put it aside
  queue_foreign,      ///< a database of another program, or of a newer version: not touched
  queue_locked,       ///< another run is sending: let it
};

/// Gives the error word, "queue-full".
[[nodiscard]] std::string_view to_string(OutboxErrorCode code);

struct OutboxError {
  OutboxErrorCode code = OutboxErrorCode::queue_unavailable;
  std::string detail;  ///< a sentence, safe to show
};

/// Gives the error of a step of SQLite on the file at `path`.
[[nodiscard]] OutboxError outbox_error(const std::string& path, const SqliteFailure& failure);

}  // namespace mta_sts::outcome
