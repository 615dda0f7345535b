#pragma once

#include <expected>
#include <memory>
#include <string>

#include "tlsrpt/history/database.hpp"

namespace mta_sts::tlsrpt {

/// Opens a history in one SQLite file.
[[nodiscard]] std::expected<std::unique_ptr<HistoryDatabase>, HistoryError> open_sqlite_history(
    const std::string& path, HistoryAccess access);

}  // namespace mta_sts::tlsrpt
