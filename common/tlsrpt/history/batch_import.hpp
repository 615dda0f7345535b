#pragma once

#include <sqlite3.h>

#include <chrono>

#include "sqlite/sqlite.hpp"
#include "tlsrpt/history/history.hpp"
#include "tlsrpt/history/report_batch.hpp"

namespace mta_sts::tlsrpt {

/// Puts batches of reports into the tables. All of it throws SqliteFailure.
class BatchImport {
 public:
  explicit BatchImport(sqlite3* database);

  /// Puts a batch in as imported at `now`, within the transaction of the caller.
  [[nodiscard]] ImportCounts run(ReportBatch& batch, std::chrono::sys_seconds now);

 private:
  class Inserter;

  sqlite3* database_;
  Statement insert_report_;
  Statement find_report_;
  Statement insert_session_;
  Statement insert_failure_;
  Statement insert_conflict_;
};

}  // namespace mta_sts::tlsrpt
