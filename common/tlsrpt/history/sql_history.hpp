#pragma once

#include <memory>

#include "tlsrpt/history/alert_memory.hpp"
#include "tlsrpt/history/database.hpp"
#include "tlsrpt/history/history.hpp"

namespace mta_sts::tlsrpt {

/// Gives the history that a database holds: the same answers, whatever database it is.
[[nodiscard]] std::unique_ptr<History> history_in(std::unique_ptr<HistoryDatabase> database);

/// Gives what alerts remember in it.
[[nodiscard]] std::unique_ptr<AlertMemory> alert_memory_in(std::unique_ptr<HistoryDatabase> database);

}  // namespace mta_sts::tlsrpt
