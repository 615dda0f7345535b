#include "tlsrpt/history/batch_import.hpp"

#include <string>

#include "tlsrpt/history/rows.hpp"

namespace mta_sts::tlsrpt {
namespace {

std::string insert_sql(std::string_view table, std::string_view columns) {
  std::string values = "?";
  for (const char c : columns) {
    values += c == ',' ? ",?" : "";
  }
  return "INSERT INTO " + std::string(table) + "(" + std::string(columns) + ") VALUES(" + values + ")";
}

}  // namespace

class BatchImport::Inserter final : public BatchSink {
 public:
  Inserter(BatchImport& import, std::chrono::sys_seconds now) : import_(import), now_(now) {}

  bool report(const BatchReport& report) override {
    if (report.is_conflict) {
      count_again(report);
      return false;
    }
    const std::int64_t changes_before = sqlite3_total_changes64(import_.database_);
    put_report(import_.insert_report_, report, now_).run();
    if (sqlite3_total_changes64(import_.database_) == changes_before) {
      count_again(report);
      return false;
    }
    report_ = sqlite3_last_insert_rowid(import_.database_);
    sessions_ = 0;
    failures_ = 0;
    ++counts_.fresh;
    return true;
  }

  void session(const SessionRow& row) override {
    put_session(import_.insert_session_, row, report_, ++sessions_).run();
  }

  void failure(const FailureRow& row) override {
    put_failure(import_.insert_failure_, row, report_, ++failures_).run();
  }

  [[nodiscard]] const ImportCounts& counts() const { return counts_; }

 private:
  // The key of the report is in the history, or was in the one that it comes from.
  void count_again(const BatchReport& report) {
    import_.find_report_.bind(number_of(report.day)).bind(mark_of(report));
    const auto content =
        import_.find_report_.step() ? std::optional(import_.find_report_.integer(0)) : std::nullopt;
    import_.find_report_.reset();
    if (judge_again(content, report) == Novelty::duplicate) {
      ++counts_.duplicates;
      return;
    }
    put_conflict(import_.insert_conflict_, report, now_).run();
    ++counts_.conflicts;
  }

  BatchImport& import_;
  std::chrono::sys_seconds now_;
  ImportCounts counts_;
  std::int64_t report_ = 0;
  std::int64_t sessions_ = 0;
  std::int64_t failures_ = 0;
};

BatchImport::BatchImport(sqlite3* database)
    : database_(database),
      insert_report_(database, insert_sql("report", report_columns) + " ON CONFLICT DO NOTHING"),
      find_report_(database, "SELECT content FROM report WHERE day=? AND mark=?"),
      insert_session_(database, insert_sql("session", session_columns)),
      insert_failure_(database, insert_sql("failure", failure_columns)),
      insert_conflict_(database, insert_sql("conflict", conflict_columns) + " ON CONFLICT DO NOTHING") {
  // What comes day by day needs few pages at a time: the memory is better spent on larger batches.
  execute(database, "PRAGMA cache_size=-700");
}

ImportCounts BatchImport::run(ReportBatch& batch, std::chrono::sys_seconds now) {
  Inserter inserter(*this, now);
  batch.visit(inserter);
  return inserter.counts();
}

}  // namespace mta_sts::tlsrpt
