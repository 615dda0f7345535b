#pragma once

#include <memory>

#include "tlsrpt/history/alert_memory.hpp"
#include "tlsrpt/history/database.hpp"

namespace mta_sts::tlsrpt {

/// Gives what alerts remember in a database: the same answers, whatever database it is.
[[nodiscard]] std::unique_ptr<AlertMemory> alert_memory_in(std::unique_ptr<HistoryDatabase> database);

}  // namespace mta_sts::tlsrpt
