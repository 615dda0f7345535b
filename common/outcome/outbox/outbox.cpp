#include "outcome/outbox/outbox.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/descriptor.hpp"
#include "base/enum_names.hpp"
#include "base/utf8.hpp"
#include "outcome/outbox/retry.hpp"
#include "sqlite/sqlite.hpp"

namespace mta_sts::outcome {
namespace {

using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr int application_id = 0x4d545351;  // "MTSQ"
constexpr int layout_version = 1;
constexpr int busy_milliseconds = 5000;

// FULL: what was handed over must not be forgotten with a power cut, or it would be sent twice.
constexpr const char* settings_sql =
    "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY;"
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF;";

constexpr const char* layout_sql =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE day(day INTEGER PRIMARY KEY, last_domain TEXT NOT NULL, is_complete INTEGER NOT NULL);"
    "CREATE TABLE undecided(day INTEGER NOT NULL, domain TEXT NOT NULL, since INTEGER NOT NULL,"
    " PRIMARY KEY(day, domain)) WITHOUT ROWID;"
    "CREATE TABLE report(id INTEGER PRIMARY KEY, day INTEGER NOT NULL, domain TEXT NOT NULL,"
    " submitter TEXT NOT NULL, made INTEGER NOT NULL, success, failure, json_bytes INTEGER NOT NULL,"
    " gzip BLOB NOT NULL, UNIQUE(day, domain));"
    "CREATE TABLE delivery(id INTEGER PRIMARY KEY, report INTEGER NOT NULL, rua TEXT NOT NULL,"
    " state INTEGER NOT NULL, attempts INTEGER NOT NULL, last INTEGER NOT NULL, next INTEGER NOT NULL,"
    " answer TEXT NOT NULL, UNIQUE(report, rua));"
    "CREATE INDEX delivery_open ON delivery(next) WHERE state<2;"
    "PRAGMA application_id=1297371985; PRAGMA user_version=1; COMMIT;";

// Beside the layout, since files of version 1 may lack it.
constexpr const char* receiver_sql =
    "CREATE TABLE IF NOT EXISTS receiver(day INTEGER NOT NULL, name TEXT NOT NULL, reports INTEGER NOT NULL,"
    " PRIMARY KEY(day, name)) WITHOUT ROWID;";

// Likewise. What such files had queued was named id_before_ids.
constexpr const char* unique_id_sql = "ALTER TABLE report ADD COLUMN unique_id TEXT NOT NULL DEFAULT '001'";

constexpr std::size_t due_limit_bytes = std::size_t{8} * 1024 * 1024;  // of reports that are given at once
constexpr std::int64_t forgotten_at_once = 1000;                       // so that no transaction is large
constexpr std::int64_t last_day = 2932896;                             // 9999-12-31

// With `next` at what the clock has reached: what a clock that was set back has left in the future, and what
// the time of a report is then.
constexpr std::array back_from_the_future{
    "UPDATE delivery SET next=?1, last=min(last,?1) WHERE state<2"
    " AND (last>?1 OR (SELECT made FROM report WHERE report.id=delivery.report)>?1)",
    "UPDATE report SET made=?1 WHERE made>?1 AND id IN (SELECT report FROM delivery WHERE state<2)",
    "UPDATE undecided SET since=?1 WHERE since>?1",
};

constexpr std::string_view due_sql =
    "SELECT delivery.id, submitter, domain, day, rua, gzip, made, unique_id FROM delivery JOIN report ON "
    "report.id=report"
    " WHERE state=0 AND state<2 AND next<=?1 ORDER BY next, delivery.id LIMIT ?2";

std::int64_t number_of(sys_days day) {
  return day.time_since_epoch().count();
}

std::int64_t number_of(sys_seconds time) {
  return time.time_since_epoch().count();
}

sys_days day_of(std::int64_t number) {
  return sys_days(std::chrono::days(number));
}

sys_seconds time_of(std::int64_t number) {
  return sys_seconds(std::chrono::seconds(number));
}

class SqliteOutbox final : public Outbox {
 public:
  SqliteOutbox(SqliteDatabase database, Descriptor lock, std::string path, std::uint64_t receiver_limit,
               bool has_ids)
      : database_(std::move(database)),
        lock_(std::move(lock)),
        path_(std::move(path)),
        receiver_limit_(receiver_limit),
        id_column_(has_ids ? "unique_id" : "'001'") {}

  Result<void> begin_run(sys_seconds now) override {
    return step<void>([&] {
      in_transaction(database_.get(), [&] {
        execute(database_.get(), "UPDATE delivery SET state=0 WHERE state=1 AND state<2");
        for (const char* sql : back_from_the_future) {
          Statement(database_.get(), sql).bind(number_of(now)).run();
        }
        Statement(database_.get(), "DELETE FROM day WHERE day>=?1")
            .bind(number_of(std::chrono::floor<std::chrono::days>(now)))
            .run();
      });
    });
  }

  Result<DayProgress> progress(sys_days day) override {
    return step<DayProgress>([&] {
      Statement statement(database_.get(), "SELECT last_domain, is_complete FROM day WHERE day=?1");
      statement.bind(number_of(day));
      return statement.step() ? DayProgress{.last_domain = std::string(statement.text(0)),
                                            .is_complete = statement.integer(1) != 0}
                              : DayProgress{};
    });
  }

  Result<std::size_t> decide(sys_days day, std::span<const DomainDecision> decisions,
                             const std::optional<DayProgress>& progress, sys_seconds now) override {
    return step<std::size_t>([&] {
      std::size_t over_limit = 0;
      in_transaction(database_.get(), [&] {
        for (const DomainDecision& decision : decisions) {
          over_limit += decide_one(day, decision, now);
        }
        if (progress) {
          Statement(database_.get(),
                    "INSERT OR REPLACE INTO day(day, last_domain, is_complete) VALUES(?1,?2,?3)")
              .bind(number_of(day))
              .bind(progress->last_domain)
              .bind(std::int64_t{progress->is_complete})
              .run();
        }
      });
      return over_limit;
    });
  }

  Result<std::vector<std::string>> undecided(sys_days day, std::string_view after,
                                             std::size_t most) override {
    return step<std::vector<std::string>>([&] {
      Statement statement(database_.get(),
                          "SELECT domain FROM undecided WHERE day=?1 AND domain>?2 ORDER BY domain LIMIT ?3");
      statement.bind(number_of(day)).bind(after).bind(static_cast<std::int64_t>(most));
      std::vector<std::string> domains;
      while (statement.step()) {
        domains.emplace_back(statement.text(0));
      }
      return domains;
    });
  }

  Result<std::string> any_undecided(sys_days day) override {
    return step<std::string>([&] {
      Statement statement(database_.get(),
                          "SELECT domain FROM undecided WHERE day=?1 ORDER BY random() LIMIT 1");
      statement.bind(number_of(day));
      return statement.step() ? std::string(statement.text(0)) : std::string();
    });
  }

  Result<std::vector<DueDelivery>> begin_due(sys_seconds now, std::size_t most) override {
    return step<std::vector<DueDelivery>>([&] {
      std::vector<DueDelivery> found;
      in_transaction(database_.get(), [&] {
        take_due(now, most, found);
        Statement mark(database_.get(),
                       "UPDATE delivery SET state=?1, attempts=attempts+1, last=?2 WHERE id=?3");
        for (const DueDelivery& delivery : found) {
          mark.bind(std::int64_t{std::to_underlying(DeliveryState::under_way)})
              .bind(number_of(now))
              .bind(delivery.id)
              .run();
        }
      });
      return found;
    });
  }

  Result<std::size_t> finish(std::span<const DeliveryResult> results, sys_seconds now) override {
    return step<std::size_t>([&] {
      std::size_t given_up = 0;
      in_transaction(database_.get(), [&] {
        for (const DeliveryResult& result : results) {
          given_up += finish_one(result, now) == DeliveryState::given_up ? 1U : 0U;
        }
      });
      return given_up;
    });
  }

  Result<void> forget(sys_days today, unsigned kept) override {
    return step<void>([&] {
      Statement find(database_.get(),
                     "SELECT day+1 FROM day WHERE day<?1 ORDER BY day DESC LIMIT 1 OFFSET ?2");
      find.bind(number_of(today)).bind(std::int64_t{kept});
      if (!find.step()) {
        return;
      }
      const sys_days day = day_of(find.integer(0));
      find.reset();
      for (const char* sql : {"DELETE FROM day WHERE day<?1", "DELETE FROM receiver WHERE day<?1"}) {
        Statement(database_.get(), sql).bind(number_of(day)).run();
      }
      while (forget_some(day)) {
      }
    });
  }

  Result<std::size_t> give_up_undecided(sys_seconds now) override {
    return step<std::size_t>([&] {
      Statement(database_.get(), "DELETE FROM undecided WHERE since<=?1")
          .bind(number_of(now - tried_for))
          .run();
      return static_cast<std::size_t>(sqlite3_changes(database_.get()));
    });
  }

  Result<std::size_t> waiting() override {
    return step<std::size_t>([&] {
      Statement statement(database_.get(), "SELECT count(*) FROM delivery WHERE state<2");
      return statement.step() ? static_cast<std::size_t>(statement.integer(0)) : 0;
    });
  }

  Result<void> visit(const DeliveryFilter& filter,
                     const std::function<void(const KnownDelivery&)>& take) override {
    return step<void>([&] {
      Statement statement(database_.get(),
                          "SELECT submitter, domain, day, rua, state, attempts, last, next, answer, success,"
                          " failure, iif(?3, gzip, x''), json_bytes, " +
                              id_column_ +
                              " FROM report JOIN delivery ON"
                              " report.id=report WHERE day BETWEEN ?1 AND ?4 AND (?2='' OR domain=?2)"
                              " ORDER BY day, domain, rua");
      statement.bind(filter.since ? number_of(*filter.since) : 0)
          .bind(filter.domain)
          .bind(std::int64_t{filter.with_reports})
          .bind(last_day);
      while (statement.step()) {
        take({.identity = {.submitter = std::string(statement.text(0)),
                           .domain = std::string(statement.text(1)),
                           .day = day_of(statement.integer(2)),
                           .unique_id = std::string(statement.text(13))},
              .rua = std::string(statement.text(3)),
              .state = static_cast<DeliveryState>(statement.integer(4)),
              .attempts = static_cast<unsigned>(statement.integer(5)),
              .last = time_of(statement.integer(6)),
              .next = time_of(statement.integer(7)),
              .answer = std::string(statement.text(8)),
              .success = statement.count(9),
              .failure = statement.count(10),
              .gzip = std::string(statement.blob(11)),
              .json_bytes = static_cast<std::size_t>(statement.integer(12))});
      }
    });
  }

 private:
  template <typename T, typename Body>
  Result<T> step(Body body) {
    return caught<T>(body, [this](const SqliteFailure& failure) { return outbox_error(path_, failure); });
  }

  // False where there is nothing more to forget. What still waits stays, however old the day is that somebody
  // asked for.
  bool forget_some(sys_days day) {
    std::vector<std::int64_t> ids;
    in_transaction(database_.get(), [&] {
      Statement find(database_.get(),
                     "SELECT id FROM report WHERE day<?1 AND NOT EXISTS"
                     " (SELECT 1 FROM delivery WHERE delivery.report=report.id AND state<2) LIMIT ?2");
      find.bind(number_of(day)).bind(forgotten_at_once);
      while (find.step()) {
        ids.push_back(find.integer(0));
      }
      find.reset();
      Statement deliveries(database_.get(), "DELETE FROM delivery WHERE report=?1");
      Statement reports(database_.get(), "DELETE FROM report WHERE id=?1");
      for (const std::int64_t id : ids) {
        deliveries.bind(id).run();
        reports.bind(id).run();
      }
    });
    return !ids.empty();
  }

  std::size_t decide_one(sys_days day, const DomainDecision& decision, sys_seconds now) {
    if (decision.is_undecided) {
      Statement(database_.get(), "INSERT OR IGNORE INTO undecided(day, domain, since) VALUES(?1,?2,?3)")
          .bind(number_of(day))
          .bind(decision.domain)
          .bind(number_of(now))
          .run();
      return 0;
    }
    Statement(database_.get(), "DELETE FROM undecided WHERE day=?1 AND domain=?2")
        .bind(number_of(day))
        .bind(decision.domain)
        .run();
    return decision.report ? add_report(day, decision.domain, *decision.report, now) : 0;
  }

  std::size_t add_report(sys_days day, const std::string& domain, const NewReport& report, sys_seconds now) {
    Statement(database_.get(),
              "INSERT OR IGNORE INTO report(day, domain, submitter, made, success, failure, json_bytes, gzip,"
              " unique_id) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)")
        .bind(number_of(day))
        .bind(domain)
        .bind(report.submitter)
        .bind(number_of(now))
        .bind_count(report.success)
        .bind_count(report.failure)
        .bind(static_cast<std::int64_t>(report.json_bytes))
        .bind_blob(report.gzip)
        .bind(report.unique_id)
        .run();
    if (sqlite3_changes(database_.get()) == 0) {
      return 0;
    }
    const std::int64_t id = sqlite3_last_insert_rowid(database_.get());
    Statement count(database_.get(),
                    "INSERT INTO receiver(day, name, reports) VALUES(?1,?2,1)"
                    " ON CONFLICT(day, name) DO UPDATE SET reports=reports+1 RETURNING reports");
    Statement add(database_.get(),
                  "INSERT OR IGNORE INTO delivery(report, rua, state, attempts, last, next, answer)"
                  " VALUES(?1,?2,?3,0,0,?4,?5)");
    std::size_t over_limit = 0;
    for (const Recipient& recipient : report.to) {
      count.bind(number_of(day)).bind(recipient.receiver);
      const bool is_over = count.step() && count.count(0) > receiver_limit_;
      count.reset();
      const std::string answer = is_over ? "receiver-limit: " + recipient.receiver + " gets " +
                                               std::to_string(receiver_limit_) + " other reports of that day"
                                         : std::string();
      const DeliveryState state = is_over ? DeliveryState::given_up : DeliveryState::waiting;
      add.bind(id)
          .bind(recipient.uri)
          .bind(std::int64_t{std::to_underlying(state)})
          .bind(number_of(now))
          .bind(answer)
          .run();
      over_limit += is_over ? 1U : 0U;
    }
    return over_limit;
  }

  void take_due(sys_seconds now, std::size_t most, std::vector<DueDelivery>& found) {
    Statement due(database_.get(), due_sql);
    due.bind(number_of(now)).bind(static_cast<std::int64_t>(most));
    std::size_t bytes = 0;
    while (bytes < due_limit_bytes && due.step()) {
      found.push_back({.id = due.integer(0),
                       .identity = {.submitter = std::string(due.text(1)),
                                    .domain = std::string(due.text(2)),
                                    .day = day_of(due.integer(3)),
                                    .unique_id = std::string(due.text(7))},
                       .rua = std::string(due.text(4)),
                       .gzip = std::string(due.blob(5)),
                       .made = time_of(due.integer(6))});
      bytes += found.back().gzip.size();
    }
  }

  DeliveryState finish_one(const DeliveryResult& result, sys_seconds now) {
    Statement find(
        database_.get(),
        "SELECT attempts, made FROM delivery JOIN report ON report.id=report WHERE delivery.id=?1");
    find.bind(result.id);
    if (!find.step()) {
      return DeliveryState::sent;
    }
    const auto attempts = static_cast<unsigned>(find.integer(0));
    const sys_seconds made = time_of(find.integer(1));
    const DeliveryState state = result.is_sent               ? DeliveryState::sent
                                : is_last_attempt(now, made) ? DeliveryState::given_up
                                                             : DeliveryState::waiting;
    find.reset();
    Statement(database_.get(), "UPDATE delivery SET state=?1, next=?2, answer=?3 WHERE id=?4")
        .bind(std::int64_t{std::to_underlying(state)})
        .bind(number_of(next_attempt(attempts, now, made)))
        .bind(result.answer)
        .bind(result.id)
        .run();
    return state;
  }

  SqliteDatabase database_;
  Descriptor lock_;  // held by the process that sends, until it ends however it ends
  std::string path_;
  std::uint64_t receiver_limit_;
  std::string id_column_;  // only to look at a file changes nothing in it
};

bool has_unique_ids(sqlite3* database) {
  return Statement(database, "SELECT 1 FROM pragma_table_info('report') WHERE name='unique_id'").step();
}

// A file beside the database: closing any descriptor of the database itself would end SQLite's own locks.
std::expected<Descriptor, OutboxError> lock_beside(const std::string& path) {
  const std::string beside = path + ".lock";
  Descriptor lock(::open(beside.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.is_open()) {
    const bool is_full = errno == ENOSPC || errno == EDQUOT;
    return std::unexpected(
        OutboxError{.code = is_full ? OutboxErrorCode::queue_full : OutboxErrorCode::queue_unavailable,
                    .detail = text::escape_for_display(beside) + ": " + std::strerror(errno)});
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return std::unexpected(OutboxError{
        .code = OutboxErrorCode::queue_locked,
        .detail =
            text::escape_for_display(path) + ": another run is sending; what it leaves the next run sends"});
  }
  return lock;
}

}  // namespace

std::string_view to_string(DeliveryState state) {
  using enum DeliveryState;
  static constexpr auto words = enum_names<DeliveryState>({
      {waiting, "waiting"},
      {under_way, "under-way"},
      {sent, "sent"},
      {given_up, "given-up"},
  });
  return words[state];
}

Outbox::Result<std::unique_ptr<Outbox>> Outbox::open(const std::string& path, OutboxAccess access,
                                                     std::uint64_t receiver_limit) {
  Descriptor lock;
  if (access == OutboxAccess::send) {
    auto taken = lock_beside(path);
    if (!taken) {
      return std::unexpected(std::move(taken).error());
    }
    lock = *std::move(taken);
  }
  try {
    const int create = access == OutboxAccess::send ? SQLITE_OPEN_CREATE : 0;
    SqliteDatabase database =
        open_database(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | create, busy_milliseconds);
    const bool is_new = is_empty_database(database.get());
    if (!is_new && (pragma(database.get(), "application_id") != application_id ||
                    pragma(database.get(), "user_version") != layout_version)) {
      return std::unexpected(OutboxError{
          .code = OutboxErrorCode::queue_foreign,
          .detail =
              text::escape_for_display(path) +
              " is a database of another program, or of a newer version of this one: name another file"});
    }
    execute(database.get(), settings_sql);
    if (is_new) {
      execute(database.get(), layout_sql);
    }
    if (access == OutboxAccess::send) {
      execute(database.get(), receiver_sql);
    }
    const bool has_ids = has_unique_ids(database.get());
    if (!has_ids && access == OutboxAccess::send) {
      execute(database.get(), unique_id_sql);
    }
    return std::make_unique<SqliteOutbox>(std::move(database), std::move(lock), path, receiver_limit,
                                          has_ids || access == OutboxAccess::send);
  } catch (const SqliteFailure& failure) {
    return std::unexpected(outbox_error(path, failure));
  }
}

}  // namespace mta_sts::outcome
