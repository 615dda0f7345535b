#pragma once

#include <memory>

#include "tlsrpt/history/database.hpp"
#include "tlsrpt/history/history.hpp"

namespace mta_sts::tlsrpt {

/// Gives the history that a database holds: the same answers, whatever database it is.
[[nodiscard]] std::unique_ptr<History> history_in(std::unique_ptr<HistoryDatabase> database);

}  // namespace mta_sts::tlsrpt
