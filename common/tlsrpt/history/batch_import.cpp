#include "tlsrpt/history/batch_import.hpp"

#include "tlsrpt/history/columns.hpp"
#include "tlsrpt/model/duplicates.hpp"

namespace mta_sts::tlsrpt {
namespace {

Statement& bind_key(Statement& statement, const BatchReport& report) {
  return statement.bind(report.organization).bind(report.id).bind(report.start).bind(report.domain);
}

std::int64_t mark_of(const BatchReport& report) {
  return static_cast<std::int64_t>(key_mark(report.organization, report.id, report.start, report.domain));
}

}  // namespace

class BatchImport::Inserter final : public BatchSink {
 public:
  Inserter(BatchImport& import, std::chrono::sys_seconds now)
      : import_(import), imported_(now.time_since_epoch().count()) {}

  bool report(const BatchReport& report) override {
    const std::int64_t mark = mark_of(report);
    const std::int64_t changes_before = sqlite3_total_changes64(import_.database_);
    bind_key(import_.insert_report_, report)
        .bind(report.content)
        .bind(number_of(report.day))
        .bind(report.contact)
        .bind(imported_)
        .bind(number_of(report.authentication))
        .bind(mark)
        .run();
    if (sqlite3_total_changes64(import_.database_) == changes_before) {
      judge_again(report, mark);
      return false;
    }
    report_ = sqlite3_last_insert_rowid(import_.database_);
    sessions_ = 0;
    failures_ = 0;
    ++counts_.fresh;
    return true;
  }

  void session(const SessionRow& row) override {
    import_.insert_session_.bind(number_of(row.day))
        .bind(report_)
        .bind(++sessions_)
        .bind(row.domain)
        .bind(row.organization)
        .bind(row.policy_type)
        .bind_count(row.sessions.success)
        .bind_count(row.sessions.failure)
        .bind_count(row.in_details)
        .bind(std::int64_t{row.is_shadowed})
        .bind(number_of(row.authentication))
        .run();
  }

  void failure(const FailureRow& row) override {
    import_.insert_failure_.bind(number_of(row.day))
        .bind(report_)
        .bind(++failures_)
        .bind(row.domain)
        .bind(row.organization)
        .bind(row.result_type)
        .bind(row.host)
        .bind_count(row.count)
        .bind(std::int64_t{row.is_shadowed})
        .bind(row.receiving_ip)
        .bind(row.sending_ip)
        .bind(row.helo)
        .bind(row.reason_code)
        .bind(row.information)
        .bind(std::int64_t{row.is_outside_policy})
        .bind(number_of(row.authentication))
        .run();
  }

  [[nodiscard]] const ImportCounts& counts() const { return counts_; }

 private:
  // The key of the report is in the history.
  void judge_again(const BatchReport& report, std::int64_t mark) {
    import_.find_report_.bind(number_of(report.day)).bind(mark);
    const bool is_same = import_.find_report_.step() && import_.find_report_.integer(0) == report.content;
    import_.find_report_.reset();
    if (is_same) {
      ++counts_.duplicates;
      return;
    }
    bind_key(import_.insert_conflict_, report)
        .bind(report.content)
        .bind(number_of(report.day))
        .bind_count(report.sessions.success)
        .bind_count(report.sessions.failure)
        .bind(imported_)
        .bind(number_of(report.authentication))
        .run();
    ++counts_.conflicts;
  }

  BatchImport& import_;
  std::int64_t imported_;
  ImportCounts counts_;
  std::int64_t report_ = 0;
  std::int64_t sessions_ = 0;
  std::int64_t failures_ = 0;
};

BatchImport::BatchImport(sqlite3* database)
    : database_(database),
      insert_report_(database,
                     "INSERT INTO report(organization, report_id, start, domain, content, day, contact, "
                     "imported, authentication, mark) VALUES(?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING"),
      find_report_(database, "SELECT content FROM report WHERE day=? AND mark=?"),
      insert_session_(database, "INSERT INTO session VALUES(?,?,?,?,?,?,?,?,?,?,?)"),
      insert_failure_(database, "INSERT INTO failure VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
      insert_conflict_(database, "INSERT INTO conflict VALUES(?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING") {
  // What comes day by day needs few pages at a time: the memory is better spent on larger batches.
  execute(database, "PRAGMA cache_size=-700");
}

ImportCounts BatchImport::run(ReportBatch& batch, std::chrono::sys_seconds now) {
  Inserter inserter(*this, now);
  batch.visit(inserter);
  return inserter.counts();
}

}  // namespace mta_sts::tlsrpt
