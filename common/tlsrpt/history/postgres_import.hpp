#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>

#include "postgres/postgres.hpp"
#include "tlsrpt/history/history.hpp"
#include "tlsrpt/history/report_batch.hpp"

namespace mta_sts::tlsrpt {

/// Runs one statement; throws HistoryError.
using RunStatement = std::function<postgres::ResultRows(const std::string&, std::span<const std::string>)>;

/// Puts a batch into the tables as imported at `now`, by few statements whatever is in it, within the turn of
/// the caller.
[[nodiscard]] ImportCounts put_into_postgres(const RunStatement& run, ReportBatch& batch,
                                             std::chrono::sys_seconds now);

}  // namespace mta_sts::tlsrpt
