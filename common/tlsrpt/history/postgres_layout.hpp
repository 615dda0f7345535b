#pragma once

#include <expected>
#include <string>

#include "postgres/postgres.hpp"
#include "tlsrpt/history/history.hpp"

namespace mta_sts::tlsrpt {

/// Connects to the server of a history and looks whether its tables are there, and those of this version. The
/// names of other schemas mean nothing on the connection.
[[nodiscard]] std::expected<postgres::ServerConnection, HistoryError> open_postgres_layout(
    const std::string& address, HistoryAccess access);

/// What a failure means for the user of the history. `state` is the SQLSTATE of what was refused.
[[nodiscard]] HistoryError postgres_error(const std::string& address, const Fault& fault,
                                          std::string_view state);

}  // namespace mta_sts::tlsrpt
