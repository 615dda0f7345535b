#include "tlsrpt/history/sql_history.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "tlsrpt/history/columns.hpp"
#include "tlsrpt/history/guarded_step.hpp"
#include "tlsrpt/history/import_times.hpp"
#include "tlsrpt/history/kept_reports.hpp"
#include "tlsrpt/history/row_reading.hpp"
#include "tlsrpt/model/text_limits.hpp"

namespace mta_sts::tlsrpt {
namespace {

using std::chrono::sys_days;

// What rows of a filter are asked for with: the first three values.
DatabaseValues values_of(const Filter& filter) {
  const bool all_days = !filter.since && !filter.until;
  return {filter.since ? number_of(filter.since)
          : all_days   ? undated
                       : 0,
          filter.until ? number_of(filter.until) : latest, filter.domain};
}

// The rows of a table that a filter asks for. When their reports came is in those: one look at all of them by
// a join, where a query for each row would be one look at a time.
std::string with_filter(const std::string& select, bool is_joined, const std::string& table) {
  return select + (is_joined ? " LEFT JOIN report ON report.id = " + table + ".report" : "") + " WHERE " +
         table + ".day BETWEEN $1 AND $2 AND ($3='' OR " + table + ".domain=$3) ORDER BY " + table +
         ".day, " + table + ".report, " + table + ".number";
}

// When the report of a row came, where the row is joined with it.
std::string imported_sql(bool is_joined) {
  return is_joined ? "report.imported" : "0";
}

// A conflict is of each domain that the report has which it contradicts.
std::string conflict_filter(const DatabaseShape& shape) {
  return "conflict.day BETWEEN $1 AND $2 AND ($3='' OR conflict.domain=$3 OR EXISTS(SELECT 1 FROM report "
         "JOIN session ON session.day = report.day AND session.report = report.id WHERE session.domain=$3 "
         "AND " +
         std::string(shape.counted_report) + "))";
}

constexpr std::int64_t reports_at_once_most = 5000;

class SqlHistory final : public History {
 public:
  explicit SqlHistory(std::unique_ptr<HistoryDatabase> database) : database_(std::move(database)) {}

  Result<ImportCounts> import(ReportBatch& batch, std::chrono::sys_seconds now) override {
    return guarded_step<ImportCounts>([&] {
      ImportCounts counts;
      database_->in_turn([&] { counts = database_->put(batch, now); });
      return counts;
    });
  }

  Result<void> visit(const Filter& filter, RowSink& sink) override {
    return guarded_step<void>([&] {
      database_->in_snapshot([&] {
        const bool is_joined = filter.tells_import && database_->shape().keeps_order_of_joins;
        const ImportTimes times =
            filter.tells_import && !is_joined ? read_import_times(*database_) : ImportTimes();
        visit_failures(filter, is_joined, times, sink);
        visit_sessions(filter, is_joined, times, sink);
      });
    });
  }

  Result<std::vector<Conflict>> conflicts(const Filter& filter, std::size_t limit) override {
    return guarded_step<std::vector<Conflict>>([&] {
      std::vector<Conflict> found;
      database_->in_snapshot([&] {
        const DatabaseShape shape = database_->shape();
        const std::string counted = shape.has_authentication
                                        ? "authentication, (SELECT report.authentication FROM report WHERE " +
                                              std::string(shape.counted_report) + ")"
                                        : "0, 0";
        DatabaseValues values = values_of(filter);
        values.emplace_back(static_cast<std::int64_t>(limit));
        database_->read("SELECT organization, report_id, start, domain, success, failure, imported, " +
                            counted + " FROM conflict WHERE " + conflict_filter(shape) +
                            " ORDER BY imported DESC, day, organization, report_id, start, domain, content "
                            "LIMIT $4",
                        values, [&](const DatabaseRow& row) { found.push_back(conflict_from(row)); });
      });
      return found;
    });
  }

  Result<std::size_t> count_conflicts(const Filter& filter) override {
    return guarded_step<std::size_t>([&] {
      std::size_t count = 0;
      database_->in_snapshot([&] {
        database_->read("SELECT count(*) FROM conflict WHERE " + conflict_filter(database_->shape()),
                        values_of(filter), [&](const DatabaseRow& row) { count = row.count(0); });
      });
      return count;
    });
  }

  Result<std::optional<sys_days>> last_day(std::string_view domain) override {
    return guarded_step<std::optional<sys_days>>([&] {
      std::optional<sys_days> last;
      database_->in_snapshot([&] {
        database_->read("SELECT day FROM session WHERE $1='' OR domain=$1 ORDER BY day DESC LIMIT 1",
                        {domain}, [&](const DatabaseRow& row) { last = day_from(row.integer(0)); });
      });
      return last;
    });
  }

  Result<void> give(const TakeKept& take) override {
    return guarded_step<void>([&] {
      database_->in_snapshot([&] {
        std::int64_t last = INT64_MIN;
        std::int64_t at_once = reports_at_once_most;
        while (give_reports(last, at_once, take)) {
        }
        give_conflicts(take);
      });
    });
  }

  Result<std::size_t> prune(sys_days day) override {
    return guarded_step<std::size_t>([&] {
      std::size_t pruned = 0;
      // A day at a time: what a step needs of the disk is small, and what it frees is there for the next.
      for (auto oldest = oldest_day(); oldest && *oldest < number_of(day); oldest = oldest_day()) {
        pruned += remove([&] { return prune_day(*oldest); });
      }
      const std::int64_t second = std::chrono::sys_seconds(day).time_since_epoch().count();
      pruned += remove([&] { return prune_undated(second); });
      database_->after_removals();
      return pruned;
    });
  }

 private:
  template <typename Body>
  std::size_t remove(Body body) {
    std::size_t removed = 0;
    database_->in_removal([&] { removed = body(); });
    return removed;
  }

  // Of a report or a conflict.
  std::optional<std::int64_t> oldest_day() {
    std::optional<std::int64_t> oldest;
    database_->in_snapshot([&] {
      for (const char* table : {"report", "conflict"}) {
        database_->read(
            "SELECT day FROM " + std::string(table) + " WHERE day >= 0 ORDER BY day LIMIT 1", {},
            [&](const DatabaseRow& row) { oldest = std::min(oldest.value_or(INT64_MAX), row.integer(0)); });
      }
    });
    return oldest;
  }

  // Gives the number of reports.
  std::size_t prune_day(std::int64_t day) {
    std::size_t removed = 0;
    for (const char* table : {"session", "failure", "conflict", "report"}) {
      removed = database_->change("DELETE FROM " + std::string(table) + " WHERE day = $1", {day});
    }
    return removed;
  }

  // And what alerts remember that nobody asked for since.
  std::size_t prune_undated(std::int64_t imported_before) {
    for (const char* sql : {"DELETE FROM standing WHERE watch IN (SELECT id FROM watch WHERE judged < $1)",
                            "DELETE FROM watch WHERE judged < $1"}) {
      database_->change(sql, {imported_before});
    }
    for (const char* table : {"session", "failure"}) {
      database_->change(
          "DELETE FROM " + std::string(table) +
              " WHERE day = -1 AND report IN (SELECT id FROM report WHERE day = -1 AND imported "
              "< $1)",
          {imported_before});
    }
    std::size_t removed = 0;
    for (const char* table : {"conflict", "report"}) {
      removed = database_->change("DELETE FROM " + std::string(table) + " WHERE day = -1 AND imported < $1",
                                  {imported_before});
    }
    return removed;
  }

  void visit_sessions(const Filter& filter, bool is_joined, const ImportTimes& times, RowSink& sink) {
    std::int64_t last_report = -1;
    database_->read(
        with_filter(sessions_sql(database_->shape(), imported_sql(is_joined)), is_joined, "session"),
        values_of(filter), [&](const DatabaseRow& row) {
          TextCutter cut;
          SessionRow session = session_from(row, cut);
          const std::int64_t report = row.integer(session_report_at);
          session.is_first = report != std::exchange(last_report, report);
          session.imported = times.of(report).value_or(session.imported);
          sink.session(session);
        });
  }

  void visit_failures(const Filter& filter, bool is_joined, const ImportTimes& times, RowSink& sink) {
    database_->read(
        with_filter(failures_sql(database_->shape(), imported_sql(is_joined)), is_joined, "failure"),
        values_of(filter), [&](const DatabaseRow& row) {
          TextCutter cut;
          FailureRow failure = failure_from(row, cut);
          failure.imported = times.of(row.integer(failure_report_at)).value_or(failure.imported);
          sink.failure(failure);
        });
  }

  // Gives `at_once` of the reports behind `last`, which is then the last of them, with their rows put
  // together again, or none and fewer the next time; false where there are no more, or no more are wanted.
  bool give_reports(std::int64_t& last, std::int64_t& at_once, const TakeKept& take) {
    const std::int64_t first = last;
    KeptReports kept;
    database_->read("SELECT id, day, organization, report_id, start, domain, contact, content, imported, " +
                        std::string(database_->shape().has_authentication ? "authentication" : "0") +
                        " FROM report WHERE id > $1 ORDER BY id LIMIT $2",
                    {first, at_once}, [&](const DatabaseRow& row) {
                      last = row.integer(0);
                      kept.add_report(row);
                    });
    // + 0: from both ends of `report.id` SQLite would follow that of a row's report, and look at all rows of
    // a day for each report in place of its own; PostgreSQL would look at all rows.
    const auto of_these = [](const std::string& select, const std::string& table) {
      return select + " JOIN report ON report.day = " + table + ".day AND report.id + 0 = " + table +
             ".report WHERE report.id > $1 AND report.id <= $2 ORDER BY report.id, " + table + ".number";
    };
    database_->read(of_these(sessions_sql(database_->shape(), "0"), "session"), {first, last},
                    [&](const DatabaseRow& row) { kept.add_session(row); });
    database_->read(of_these(failures_sql(database_->shape(), "0"), "failure"), {first, last},
                    [&](const DatabaseRow& row) { kept.add_failure(row); });
    if (kept.is_full()) {
      last = first;
      at_once = std::max<std::int64_t>(1, at_once / 8);
      return true;
    }
    at_once = std::min(reports_at_once_most, 2 * at_once);
    return kept.give(take) && last != first;
  }

  void give_conflicts(const TakeKept& take) {
    database_->read(
        "SELECT organization, report_id, start, domain, success, failure, imported, " +
            std::string(database_->shape().has_authentication ? "authentication" : "0") +
            ", content, day FROM conflict ORDER BY imported, day, organization, report_id, start, "
            "domain, content",
        {}, [&](const DatabaseRow& row) {
          const ReportKey key = key_from(row, 0);
          take({.report = {.day = day_from(row.integer(9)),
                           .organization = key.organization,
                           .id = key.id,
                           .start = key.start,
                           .domain = key.domain,
                           .content = row.integer(8),
                           .sessions = {.success = row.count(4), .failure = row.count(5)},
                           .authentication = authentication_from(row.integer(7)),
                           .imported = second_from(row.integer(6)),
                           .is_conflict = true},
                .sessions = {},
                .failures = {}});
        });
  }

  std::unique_ptr<HistoryDatabase> database_;
};

}  // namespace

std::unique_ptr<History> history_in(std::unique_ptr<HistoryDatabase> database) {
  return std::make_unique<SqlHistory>(std::move(database));
}

}  // namespace mta_sts::tlsrpt
