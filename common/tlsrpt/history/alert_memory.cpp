#include "tlsrpt/history/alert_memory.hpp"

#include <sqlite3.h>

#include <utility>

#include "sqlite/sqlite.hpp"
#include "tlsrpt/history/columns.hpp"
#include "tlsrpt/history/layout.hpp"

namespace mta_sts::tlsrpt {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

class SqliteAlertMemory final : public AlertMemory {
 public:
  SqliteAlertMemory(SqliteDatabase database, std::string path)
      : database_(std::move(database)), path_(std::move(path)) {}

  History::Result<WatchState> load(const Watch& watch) override {
    try {
      WatchState state;
      Statement select(database_.get(),
                       "SELECT id, judged FROM watch WHERE domain=?1 AND target=?2 AND days=?3 AND "
                       "expects_reports=?4");
      if (!bind_watch(select, watch).step()) {
        return state;
      }
      state.judged = std::chrono::sys_seconds(std::chrono::seconds(select.integer(1)));
      Statement findings(database_.get(),
                         "SELECT kind, subject, told, seen FROM standing WHERE watch=?1 LIMIT ?2");
      findings.bind(select.integer(0)).bind(standing_limit);
      while (findings.step()) {
        if (const auto kind = parse_finding_kind(findings.text(0))) {
          state.standing.push_back({.kind = *kind,
                                    .subject = std::string(findings.text(1)),
                                    .told = sys_days(days(findings.integer(2))),
                                    .seen = sys_days(days(findings.integer(3)))});
        }
      }
      return state;
    } catch (const SqliteFailure& failure) {
      return std::unexpected(history_error(path_, failure));
    }
  }

  History::Result<void> save(const Watch& watch, const WatchState& state) override {
    try {
      in_transaction(database_.get(), [&] { put(watch, state); });
      return {};
    } catch (const SqliteFailure& failure) {
      return std::unexpected(history_error(path_, failure));
    }
  }

 private:
  // What a judgment can find at most, and more.
  static constexpr std::int64_t standing_limit = 100'000;

  static Statement& bind_watch(Statement& statement, const Watch& watch) {
    return statement.bind(watch.domain)
        .bind(std::int64_t{watch.target.millipercent})
        .bind(std::int64_t{watch.days})
        .bind(std::int64_t{watch.expects_reports});
  }

  void put(const Watch& watch, const WatchState& state) {
    Statement insert(
        database_.get(),
        "INSERT INTO watch(domain, target, days, expects_reports, judged) VALUES(?,?,?,?,?) "
        "ON CONFLICT(domain, target, days, expects_reports) DO UPDATE SET judged=excluded.judged "
        "RETURNING id");
    bind_watch(insert, watch).bind(state.judged ? state.judged->time_since_epoch().count() : 0);
    insert.step();
    const std::int64_t id = insert.integer(0);
    insert.run();
    Statement(database_.get(), "DELETE FROM standing WHERE watch=?1").bind(id).run();
    Statement add(database_.get(), "INSERT OR REPLACE INTO standing VALUES(?,?,?,?,?)");
    for (const Standing& one : state.standing) {
      add.bind(id)
          .bind(to_string(one.kind))
          .bind(one.subject)
          .bind(number_of(one.told))
          .bind(number_of(one.seen))
          .run();
    }
  }

  SqliteDatabase database_;
  std::string path_;
};

}  // namespace

History::Result<std::unique_ptr<AlertMemory>> open_alert_memory(const std::string& path) {
  try {
    auto opened = open_layout(path, HistoryAccess::existing);
    if (!opened) {
      return std::unexpected(std::move(opened).error());
    }
    return std::make_unique<SqliteAlertMemory>(*std::move(opened), path);
  } catch (const SqliteFailure& failure) {
    return std::unexpected(history_error(path, failure));
  }
}

}  // namespace mta_sts::tlsrpt
