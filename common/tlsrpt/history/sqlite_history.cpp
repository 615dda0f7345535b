#include <sqlite3.h>

#include <algorithm>
#include <optional>

#include "sqlite/sqlite.hpp"
#include "tlsrpt/history/batch_import.hpp"
#include "tlsrpt/history/columns.hpp"
#include "tlsrpt/history/history.hpp"
#include "tlsrpt/history/layout.hpp"

namespace mta_sts::tlsrpt {
namespace {

using std::chrono::sys_days;

// What rows of a filter are asked for with; the statement's first three parameters.
void bind_filter(Statement& statement, const Filter& filter) {
  const bool all_days = !filter.since && !filter.until;
  statement.bind(filter.since ? number_of(filter.since)
                 : all_days   ? undated
                              : 0)
      .bind(filter.until ? number_of(filter.until) : INT64_MAX)
      .bind(filter.domain);
}

constexpr std::string_view filter_sql = "day BETWEEN ?1 AND ?2 AND (?3='' OR domain=?3)";

std::string with_filter(std::string_view before, std::string_view after = "") {
  return std::string(before) + " WHERE " + std::string(filter_sql) + " " + std::string(after);
}

// When the report of a row came.
std::string imported_sql(const Filter& filter, const std::string& table) {
  return filter.tells_import ? "(SELECT imported FROM report WHERE id=" + table + ".report)" : "0";
}

class SqliteHistory final : public History {
 public:
  SqliteHistory(SqliteDatabase database, std::string path)
      : database_(std::move(database)), path_(std::move(path)) {}

  Result<ImportCounts> import(ReportBatch& batch, std::chrono::sys_seconds now) override {
    return guarded_step<ImportCounts>([&] {
      if (!import_) {
        import_.emplace(database_.get());
      }
      ImportCounts counts;
      in_transaction(database_.get(), [&] { counts = import_->run(batch, now); });
      return counts;
    });
  }

  Result<void> visit(const Filter& filter, RowSink& sink) override {
    return guarded_step<void>([&] {
      visit_failures(filter, sink);
      visit_sessions(filter, sink);
    });
  }

  Result<std::vector<Conflict>> conflicts(const Filter& filter, std::size_t limit) override {
    return guarded_step<std::vector<Conflict>>([&] {
      const std::string counted = has_authentication()
                                      ? "authentication, (SELECT report.authentication FROM report WHERE " +
                                            std::string(counted_report()) + ")"
                                      : "0, 0";
      Statement select(database_.get(),
                       "SELECT organization, report_id, start, domain, success, failure, imported, " +
                           counted + " FROM conflict WHERE " + conflict_filter() +
                           " ORDER BY imported DESC LIMIT ?4");
      bind_filter(select, filter);
      select.bind(static_cast<std::int64_t>(limit));
      std::vector<Conflict> found;
      while (select.step()) {
        found.push_back({.key = {.organization = std::string(select.text(0)),
                                 .id = std::string(select.text(1)),
                                 .start = std::string(select.text(2)),
                                 .domain = std::string(select.text(3))},
                         .success = select.count(4),
                         .failure = select.count(5),
                         .imported = second_from(select.integer(6)),
                         .authentication = authentication_from(select.integer(7)),
                         .counted = authentication_from(select.integer(8))});
      }
      return found;
    });
  }

  Result<std::size_t> count_conflicts(const Filter& filter) override {
    return guarded_step<std::size_t>([&] {
      Statement select(database_.get(), "SELECT count(*) FROM conflict WHERE " + conflict_filter());
      bind_filter(select, filter);
      select.step();
      return static_cast<std::size_t>(select.integer(0));
    });
  }

  Result<std::optional<sys_days>> last_day(std::string_view domain) override {
    return guarded_step<std::optional<sys_days>>([&] {
      Statement select(database_.get(),
                       "SELECT day FROM session WHERE ?1='' OR domain=?1 ORDER BY day DESC LIMIT 1");
      select.bind(domain);
      return select.step() ? day_from(select.integer(0)) : std::nullopt;
    });
  }

  Result<std::size_t> prune(sys_days day) override {
    return guarded_step<std::size_t>([&] {
      const std::int64_t end = number_of(day);
      const std::int64_t second = std::chrono::sys_seconds(day).time_since_epoch().count();
      std::size_t pruned = 0;
      // A day at a time: what a step needs of the disk is small, and what it frees is there for the next.
      for (auto oldest = oldest_day(); oldest && *oldest < end; oldest = oldest_day()) {
        pruned += remove([&] { return prune_day(*oldest); });
      }
      pruned += remove([&] { return prune_undated(second); });
      enable_giving_back(database_.get());
      return pruned;
    });
  }

 private:
  // The report that a conflict contradicts.
  std::string_view counted_report() {
    return layout() > 4 ? "report.day = conflict.day AND report.mark = report_mark(conflict.organization, "
                          "conflict.report_id, conflict.start, conflict.domain)"
                        : "report.organization = conflict.organization AND report.report_id = "
                          "conflict.report_id AND report.start = conflict.start AND report.domain = "
                          "conflict.domain";
  }

  // A conflict is of each domain that the report has which it contradicts.
  std::string conflict_filter() {
    return "conflict.day BETWEEN ?1 AND ?2 AND (?3='' OR conflict.domain=?3 OR EXISTS(SELECT 1 FROM report "
           "JOIN "
           "session ON session.day = report.day AND session.report = report.id WHERE session.domain=?3 AND " +
           std::string(counted_report()) + "))";
  }

  // Runs `body` and gives what it removed back to the disk. Where that has no room for a journal, the journal
  // is in memory: a full disk is why somebody removes reports.
  template <typename Body>
  std::size_t remove(Body body) {
    std::size_t removed = 0;
    const auto run = [&] {
      in_transaction(database_.get(), [&] { removed = body(); });
      give_space_back(database_.get());
    };
    try {
      run();
    } catch (const SqliteFailure& failure) {
      if (failure.code != SQLITE_FULL) {
        throw;
      }
      execute(database_.get(), "PRAGMA journal_mode=MEMORY");
      run();
    }
    return removed;
  }

  // Of a report or a conflict.
  std::optional<std::int64_t> oldest_day() {
    std::optional<std::int64_t> oldest;
    for (const char* table : {"report", "conflict"}) {
      Statement select(database_.get(), "SELECT min(day) FROM " + std::string(table) + " WHERE day >= 0");
      if (select.step() && !select.is_null(0)) {
        oldest = std::min(oldest.value_or(INT64_MAX), select.integer(0));
      }
    }
    return oldest;
  }

  // Gives the number of reports.
  std::size_t prune_day(std::int64_t day) {
    for (const char* table : {"session", "failure", "conflict", "report"}) {
      Statement(database_.get(), "DELETE FROM " + std::string(table) + " WHERE day = ?1").bind(day).run();
    }
    return static_cast<std::size_t>(sqlite3_changes64(database_.get()));
  }

  // And what alerts remember that nobody asked for since.
  std::size_t prune_undated(std::int64_t imported_before) {
    for (const char* sql : {"DELETE FROM standing WHERE watch IN (SELECT id FROM watch WHERE judged < ?1)",
                            "DELETE FROM watch WHERE judged < ?1"}) {
      Statement(database_.get(), sql).bind(imported_before).run();
    }
    for (const char* table : {"session", "failure"}) {
      Statement(database_.get(),
                "DELETE FROM " + std::string(table) +
                    " WHERE day = -1 AND report IN (SELECT id FROM report WHERE day = -1 AND imported "
                    "< ?1)")
          .bind(imported_before)
          .run();
    }
    for (const char* table : {"conflict", "report"}) {
      Statement(database_.get(), "DELETE FROM " + std::string(table) + " WHERE day = -1 AND imported < ?1")
          .bind(imported_before)
          .run();
    }
    return static_cast<std::size_t>(sqlite3_changes64(database_.get()));
  }

  // Turns what SQLite throws in `body` into this interface's error.
  template <typename T, typename Body>
  Result<T> guarded_step(Body body) {
    return caught<T>(body, [this](const SqliteFailure& failure) { return history_error(path_, failure); });
  }

  // One of an older layout that may only be read has not all columns.
  std::int64_t layout() { return pragma(database_.get(), "user_version"); }
  bool has_authentication() { return layout() > 3; }

  void visit_sessions(const Filter& filter, RowSink& sink) {
    Statement select(
        database_.get(),
        with_filter("SELECT day, domain, organization, policy_type, success, failure, in_details, "
                    "shadowed, report, " +
                        imported_sql(filter, "session") + ", " +
                        (has_authentication() ? "authentication" : "0") + " FROM session",
                    "ORDER BY day, report, number"));
    bind_filter(select, filter);
    std::int64_t last_report = -1;
    while (select.step()) {
      const std::int64_t report = select.integer(8);
      sink.session({.day = day_from(select.integer(0)),
                    .domain = select.text(1),
                    .organization = select.text(2),
                    .policy_type = select.text(3),
                    .sessions = {.success = select.count(4), .failure = select.count(5)},
                    .in_details = select.count(6),
                    .is_shadowed = select.integer(7) != 0,
                    .is_first = report != last_report,
                    .imported = second_from(select.integer(9)),
                    .authentication = authentication_from(select.integer(10))});
      last_report = report;
    }
  }

  void visit_failures(const Filter& filter, RowSink& sink) {
    const std::string places =
        layout() > 1 ? "receiving_ip, sending_ip, helo, reason_code, information, outside_policy"
                     : "'', '', '', '', '', 0";
    Statement select(database_.get(),
                     with_filter("SELECT day, domain, organization, result_type, host, count, shadowed, " +
                                     places + ", " + imported_sql(filter, "failure") + ", " +
                                     (has_authentication() ? "authentication" : "0") + " FROM failure",
                                 "ORDER BY day, report, number"));
    bind_filter(select, filter);
    while (select.step()) {
      sink.failure({.day = day_from(select.integer(0)),
                    .domain = select.text(1),
                    .organization = select.text(2),
                    .result_type = select.text(3),
                    .host = select.text(4),
                    .count = select.count(5),
                    .is_shadowed = select.integer(6) != 0,
                    .receiving_ip = select.text(7),
                    .sending_ip = select.text(8),
                    .helo = select.text(9),
                    .reason_code = select.text(10),
                    .information = select.text(11),
                    .is_outside_policy = select.integer(12) != 0,
                    .imported = second_from(select.integer(13)),
                    .authentication = authentication_from(select.integer(14))});
    }
  }

  SqliteDatabase database_;
  std::string path_;
  std::optional<BatchImport> import_;
};

}  // namespace

std::expected<std::unique_ptr<History>, HistoryError> open_sqlite_history(const std::string& path,
                                                                          HistoryAccess access) {
  try {
    auto opened = open_layout(path, access);
    if (!opened) {
      return std::unexpected(std::move(opened).error());
    }
    return std::make_unique<SqliteHistory>(*std::move(opened), path);
  } catch (const SqliteFailure& failure) {
    return std::unexpected(history_error(path, failure));
  }
}

}  // namespace mta_sts::tlsrpt
