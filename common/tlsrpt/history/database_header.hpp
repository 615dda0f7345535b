#pragma once

#include <cstdint>
#include <string>

namespace mta_sts::tlsrpt {

/// What the first bytes of a file say, which reading alone tells: SQLite itself makes files beside one in the
/// mode of the write-ahead log, and takes a short text for an empty database.
enum class DatabaseHeader : std::uint8_t {
  none,         ///< there is no file, it cannot be read, or it is empty
  other,        ///< no database of SQLite's
  plain,        ///< one with a rollback journal
  write_ahead,  ///< one with a write-ahead log
};

[[nodiscard]] DatabaseHeader read_database_header(const std::string& path);

/// Gives the name by which SQLite reads the file as it lies there, with SQLITE_OPEN_URI, and makes no others.
[[nodiscard]] std::string immutable_name(const std::string& path);

}  // namespace mta_sts::tlsrpt
