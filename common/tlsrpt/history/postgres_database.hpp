#pragma once

#include <expected>
#include <memory>
#include <string>

#include "tlsrpt/history/database.hpp"

namespace mta_sts::tlsrpt {

/// Opens the history in a database of a PostgreSQL server. Its tables are those of
/// packaging/postgresql/mta-sts-tlsrpt.sql, which an administrator loads: an importer needs no right to make
/// any. Nothing of an address with a password is repeated.
[[nodiscard]] std::expected<std::unique_ptr<HistoryDatabase>, HistoryError> open_postgres_history(
    const std::string& address, HistoryAccess access);

}  // namespace mta_sts::tlsrpt
