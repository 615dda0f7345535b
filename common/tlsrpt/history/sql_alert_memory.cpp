#include "tlsrpt/history/sql_alert_memory.hpp"

#include <optional>
#include <utility>

#include "tlsrpt/history/columns.hpp"
#include "tlsrpt/history/guarded_step.hpp"
#include "tlsrpt/model/text_limits.hpp"

namespace mta_sts::tlsrpt {
namespace {

using std::chrono::sys_days;

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
    TextCutter cut;
    return {.domain = std::string(cut(row.text(0), name_limit)),
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
          TextCutter cut;
          if (const auto kind = parse_finding_kind(row.text(0))) {
            state.standing.push_back({.kind = *kind,
                                      .subject = std::string(cut(row.text(1), sender_limit)),
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

std::unique_ptr<AlertMemory> alert_memory_in(std::unique_ptr<HistoryDatabase> database) {
  return std::make_unique<SqlAlertMemory>(std::move(database));
}

}  // namespace mta_sts::tlsrpt
