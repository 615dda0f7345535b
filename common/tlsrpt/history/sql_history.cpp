#include "tlsrpt/history/sql_history.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "tlsrpt/history/columns.hpp"
#include "tlsrpt/history/text_table.hpp"

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
std::string with_filter(const std::string& select, const Filter& filter, const std::string& table) {
  return select + (filter.tells_import ? " LEFT JOIN report ON report.id = " + table + ".report" : "") +
         " WHERE " + table + ".day BETWEEN $1 AND $2 AND ($3='' OR " + table + ".domain=$3) ORDER BY " +
         table + ".day, " + table + ".report, " + table + ".number";
}

// When the report of a row came.
std::string imported_sql(const Filter& filter) {
  return filter.tells_import ? "report.imported" : "0";
}

// A conflict is of each domain that the report has which it contradicts.
std::string conflict_filter(const DatabaseShape& shape) {
  return "conflict.day BETWEEN $1 AND $2 AND ($3='' OR conflict.domain=$3 OR EXISTS(SELECT 1 FROM report "
         "JOIN session ON session.day = report.day AND session.report = report.id WHERE session.domain=$3 "
         "AND " +
         std::string(shape.counted_report) + "))";
}

constexpr int session_report_at = 8;
constexpr int failure_report_at = 15;

// What session_from() reads.
std::string sessions_sql(const DatabaseShape& shape, const std::string& imported) {
  return "SELECT session.day, session.domain, session.organization, session.policy_type, session.success, "
         "session.failure, session.in_details, session.shadowed, session.report, " +
         imported + ", " + (shape.has_authentication ? "session.authentication" : "0") + " FROM session";
}

// What failure_from() reads, and the report.
std::string failures_sql(const DatabaseShape& shape, const std::string& imported) {
  return "SELECT failure.day, failure.domain, failure.organization, failure.result_type, failure.host, "
         "failure.count, failure.shadowed, " +
         std::string(shape.has_places ? "failure.receiving_ip, failure.sending_ip, failure.helo, "
                                        "failure.reason_code, failure.information, failure.outside_policy"
                                      : "'', '', '', '', '', 0") +
         ", " + imported + ", " + (shape.has_authentication ? "failure.authentication" : "0") +
         ", failure.report FROM failure";
}

SessionRow session_from(const DatabaseRow& row) {
  return {.day = day_from(row.integer(0)),
          .domain = row.text(1),
          .organization = row.text(2),
          .policy_type = row.text(3),
          .sessions = {.success = row.count(4), .failure = row.count(5)},
          .in_details = row.count(6),
          .is_shadowed = row.integer(7) != 0,
          .imported = second_from(row.integer(9)),
          .authentication = authentication_from(row.integer(10))};
}

FailureRow failure_from(const DatabaseRow& row) {
  return {.day = day_from(row.integer(0)),
          .domain = row.text(1),
          .organization = row.text(2),
          .result_type = row.text(3),
          .host = row.text(4),
          .count = row.count(5),
          .is_shadowed = row.integer(6) != 0,
          .receiving_ip = row.text(7),
          .sending_ip = row.text(8),
          .helo = row.text(9),
          .reason_code = row.text(10),
          .information = row.text(11),
          .is_outside_policy = row.integer(12) != 0,
          .imported = second_from(row.integer(13)),
          .authentication = authentication_from(row.integer(14))};
}

Conflict conflict_from(const DatabaseRow& row) {
  return {.key = {.organization = std::string(row.text(0)),
                  .id = std::string(row.text(1)),
                  .start = std::string(row.text(2)),
                  .domain = std::string(row.text(3))},
          .success = row.count(4),
          .failure = row.count(5),
          .imported = second_from(row.integer(6)),
          .authentication = authentication_from(row.integer(7)),
          .counted = authentication_from(row.integer(8))};
}

// Turns what a database throws in `body` into this interface's error.
template <typename T, typename Body>
History::Result<T> guarded_step(Body body) {
  try {
    if constexpr (std::is_void_v<T>) {
      body();
      return {};
    } else {
      return body();
    }
  } catch (HistoryError& error) {
    return std::unexpected(std::move(error));
  }
}

/// Reports and their rows, put together again.
class KeptReports {
 public:
  void add_report(const DatabaseRow& row) {
    if (is_full()) {
      return;
    }
    numbers_.push_back(row.integer(0));
    reports_.push_back({.day = day_from(row.integer(1)),
                        .organization = keep(row.text(2)),
                        .id = keep(row.text(3)),
                        .start = keep(row.text(4)),
                        .domain = keep(row.text(5)),
                        .contact = keep(row.text(6)),
                        .content = row.integer(7),
                        .authentication = authentication_from(row.integer(9)),
                        .imported = second_from(row.integer(8))});
  }

  /// Tells that rows were left out: several reports take more memory than is to be used.
  [[nodiscard]] bool is_full() const {
    return reports_.size() > 1 && bytes_ + texts_.bytes() > kept_limit_bytes;
  }

  void add_session(const DatabaseRow& row) {
    if (is_full()) {
      return;
    }
    SessionRow session = session_from(row);
    for (std::string_view* text : {&session.domain, &session.organization, &session.policy_type}) {
      *text = keep(*text);
    }
    sessions_.emplace_back(row.integer(session_report_at), session);
    bytes_ += sizeof session;
  }

  void add_failure(const DatabaseRow& row) {
    if (is_full()) {
      return;
    }
    FailureRow failure = failure_from(row);
    for (std::string_view* text :
         {&failure.domain, &failure.organization, &failure.result_type, &failure.host, &failure.receiving_ip,
          &failure.sending_ip, &failure.helo, &failure.reason_code, &failure.information}) {
      *text = keep(*text);
    }
    failures_.emplace_back(row.integer(failure_report_at), failure);
    bytes_ += sizeof failure;
  }

  /// False where no more are wanted.
  bool give(const TakeKept& take) const {
    std::size_t session = 0;
    std::size_t failure = 0;
    for (std::size_t at = 0; at < reports_.size(); ++at) {
      const auto sessions = rows_of(sessions_, session, numbers_[at]);
      const auto failures = rows_of(failures_, failure, numbers_[at]);
      if (!take({.report = reports_[at], .sessions = sessions, .failures = failures})) {
        return false;
      }
    }
    return true;
  }

 private:
  template <typename Row>
  using Rows = std::vector<std::pair<std::int64_t, Row>>;

  // They are in the order of the reports.
  template <typename Row>
  static std::vector<Row> rows_of(const Rows<Row>& all, std::size_t& from, std::int64_t report) {
    std::vector<Row> rows;
    for (; from < all.size() && all[from].first == report; ++from) {
      rows.push_back(all[from].second);
    }
    return rows;
  }

  std::string_view keep(std::string_view text) { return texts_.text(texts_.number_of(text)); }

  static constexpr std::size_t kept_limit_bytes = std::size_t{32} << 20;

  TextTable texts_;
  std::size_t bytes_ = 0;  // of rows
  std::vector<std::int64_t> numbers_;
  std::vector<BatchReport> reports_;
  Rows<SessionRow> sessions_;
  Rows<FailureRow> failures_;
};

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
        visit_failures(filter, sink);
        visit_sessions(filter, sink);
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

  void visit_sessions(const Filter& filter, RowSink& sink) {
    std::int64_t last_report = -1;
    database_->read(with_filter(sessions_sql(database_->shape(), imported_sql(filter)), filter, "session"),
                    values_of(filter), [&](const DatabaseRow& row) {
                      SessionRow session = session_from(row);
                      const std::int64_t report = row.integer(session_report_at);
                      session.is_first = report != std::exchange(last_report, report);
                      sink.session(session);
                    });
  }

  void visit_failures(const Filter& filter, RowSink& sink) {
    database_->read(with_filter(failures_sql(database_->shape(), imported_sql(filter)), filter, "failure"),
                    values_of(filter), [&](const DatabaseRow& row) { sink.failure(failure_from(row)); });
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
    const auto of_these = [](const std::string& select, const std::string& table) {
      return select + " JOIN report ON report.day = " + table + ".day AND report.id = " + table +
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
          take({.report = {.day = day_from(row.integer(9)),
                           .organization = row.text(0),
                           .id = row.text(1),
                           .start = row.text(2),
                           .domain = row.text(3),
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

class SqlAlertMemory final : public AlertMemory {
 public:
  explicit SqlAlertMemory(std::unique_ptr<HistoryDatabase> database) : database_(std::move(database)) {}

  History::Result<std::vector<Watch>> watches() override {
    return guarded_step<std::vector<Watch>>([&] {
      std::vector<Watch> found;
      database_->in_snapshot([&] {
        if (database_->shape().has_memory) {
          database_->read("SELECT domain, target, days, expects_reports FROM watch ORDER BY id LIMIT $1",
                          {watches_limit}, [&](const DatabaseRow& row) { found.push_back(watch_from(row)); });
        }
      });
      return found;
    });
  }

  History::Result<WatchState> load(const Watch& watch) override {
    return guarded_step<WatchState>([&] {
      WatchState state;
      database_->in_snapshot([&] {
        if (const std::optional<std::int64_t> id = find(watch, state)) {
          load_standing(*id, state);
        }
      });
      return state;
    });
  }

  History::Result<void> save(const Watch& watch, const WatchState& state) override {
    return guarded_step<void>([&] { database_->in_turn([&] { put(watch, state); }); });
  }

 private:
  // What a judgment can find at most, and more.
  static constexpr std::int64_t standing_limit = 100'000;
  static constexpr std::int64_t watches_limit = 100'000;

  static Watch watch_from(const DatabaseRow& row) {
    return {.domain = std::string(row.text(0)),
            .target = {static_cast<std::uint32_t>(row.integer(1))},
            .days = static_cast<unsigned>(row.integer(2)),
            .expects_reports = row.integer(3) != 0};
  }

  static DatabaseValues values_of(const Watch& watch) {
    return {watch.domain, std::int64_t{watch.target.millipercent}, std::int64_t{watch.days},
            std::int64_t{watch.expects_reports}};
  }

  std::optional<std::int64_t> find(const Watch& watch, WatchState& state) {
    std::optional<std::int64_t> id;
    database_->read(
        "SELECT id, judged FROM watch WHERE domain=$1 AND target=$2 AND days=$3 AND expects_reports=$4",
        values_of(watch), [&](const DatabaseRow& row) {
          id = row.integer(0);
          state.judged = second_from(row.integer(1));
        });
    return id;
  }

  void load_standing(std::int64_t id, WatchState& state) {
    database_->read(
        "SELECT kind, subject, told, seen FROM standing WHERE watch=$1 ORDER BY kind, subject LIMIT $2",
        {id, standing_limit}, [&](const DatabaseRow& row) {
          if (const auto kind = parse_finding_kind(row.text(0))) {
            state.standing.push_back({.kind = *kind,
                                      .subject = std::string(row.text(1)),
                                      .told = sys_days(std::chrono::days(row.integer(2))),
                                      .seen = sys_days(std::chrono::days(row.integer(3)))});
          }
        });
  }

  void put(const Watch& watch, const WatchState& state) {
    DatabaseValues values = values_of(watch);
    values.emplace_back(state.judged ? state.judged->time_since_epoch().count() : 0);
    database_->change(
        "INSERT INTO watch(domain, target, days, expects_reports, judged) VALUES($1,$2,$3,$4,$5) "
        "ON CONFLICT(domain, target, days, expects_reports) DO UPDATE SET judged=excluded.judged",
        values);
    WatchState before;
    const std::int64_t id = find(watch, before).value_or(0);
    database_->change("DELETE FROM standing WHERE watch=$1", {id});
    for (const Standing& one : state.standing) {
      database_->change(
          "INSERT INTO standing(watch, kind, subject, told, seen) VALUES($1,$2,$3,$4,$5) "
          "ON CONFLICT DO NOTHING",
          {id, to_string(one.kind), one.subject, number_of(one.told), number_of(one.seen)});
    }
  }

  std::unique_ptr<HistoryDatabase> database_;
};

}  // namespace

std::unique_ptr<History> history_in(std::unique_ptr<HistoryDatabase> database) {
  return std::make_unique<SqlHistory>(std::move(database));
}

std::unique_ptr<AlertMemory> alert_memory_in(std::unique_ptr<HistoryDatabase> database) {
  return std::make_unique<SqlAlertMemory>(std::move(database));
}

}  // namespace mta_sts::tlsrpt
