#include <utility>

#include "tlsrpt/history/alert_memory.hpp"
#include "tlsrpt/history/history.hpp"
#include "tlsrpt/history/postgres_database.hpp"
#include "tlsrpt/history/sql_alert_memory.hpp"
#include "tlsrpt/history/sql_history.hpp"
#include "tlsrpt/history/sqlite_database.hpp"

namespace mta_sts::tlsrpt {
namespace {

std::expected<std::unique_ptr<HistoryDatabase>, HistoryError> open_database_of(const std::string& name,
                                                                               HistoryAccess access) {
  return is_server_address(name) ? open_postgres_history(name, access) : open_sqlite_history(name, access);
}

}  // namespace

bool is_server_address(std::string_view name) {
  return name.starts_with("postgresql://") || name.starts_with("postgres://");
}

std::expected<std::unique_ptr<History>, HistoryError> open_history(const std::string& name,
                                                                   HistoryAccess access) {
  auto database = open_database_of(name, access);
  if (!database) {
    return std::unexpected(std::move(database).error());
  }
  return history_in(*std::move(database));
}

History::Result<std::unique_ptr<AlertMemory>> open_alert_memory(const std::string& name,
                                                                HistoryAccess access) {
  auto database = open_database_of(name, access);
  if (!database) {
    return std::unexpected(std::move(database).error());
  }
  try {
    const bool is_usable = access == HistoryAccess::read || (*database)->may_remember();
    return is_usable ? alert_memory_in(*std::move(database)) : nullptr;
  } catch (HistoryError& error) {
    return std::unexpected(std::move(error));
  }
}

}  // namespace mta_sts::tlsrpt
