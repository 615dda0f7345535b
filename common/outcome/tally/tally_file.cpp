#include "outcome/tally/tally_file.hpp"

#include <sqlite3.h>

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "sqlite/sqlite.hpp"

namespace mta_sts::outcome {
namespace {

using std::chrono::sys_days;

constexpr int busy_milliseconds = 1000;

constexpr const char* settings_sql =
    "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY;"
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=OFF;";

constexpr const char* layout_sql =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE policy(id INTEGER PRIMARY KEY, type INTEGER NOT NULL, domain TEXT NOT NULL,"
    " policy_string TEXT NOT NULL, mx_hosts TEXT NOT NULL, UNIQUE(type, domain, policy_string, mx_hosts));"
    "CREATE TABLE session(day INTEGER NOT NULL, domain TEXT NOT NULL, policy INTEGER NOT NULL,"
    " success INTEGER NOT NULL, failure INTEGER NOT NULL, PRIMARY KEY(day, domain, policy)) WITHOUT ROWID;"
    "CREATE TABLE failure(day INTEGER NOT NULL, domain TEXT NOT NULL, policy INTEGER NOT NULL,"
    " type INTEGER NOT NULL, sending_ip TEXT NOT NULL, mx TEXT NOT NULL, helo TEXT NOT NULL,"
    " receiving_ip TEXT NOT NULL, information TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY(day, domain, policy, type, sending_ip, mx, helo, receiving_ip, information, reason))"
    " WITHOUT ROWID;"
    "CREATE TABLE record(domain TEXT PRIMARY KEY NOT NULL, text TEXT NOT NULL) WITHOUT ROWID;"
    "PRAGMA application_id=1297371983; PRAGMA user_version=1; COMMIT;";
// as is_tally() wants it

// Beside the layout, since files of version 1 may lack it, or days that an older program counted since. An id
// is drawn for each day, and not for the file, so that the copy of a host does not go on with the ids of the
// host that it was copied from. The days are found one by one: there are millions of sessions.
constexpr const char* day_sql =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS day(day INTEGER PRIMARY KEY, unique_id TEXT NOT NULL);"
    "INSERT OR IGNORE INTO day WITH RECURSIVE counted(day) AS (SELECT min(day) FROM session UNION ALL"
    " SELECT (SELECT min(day) FROM session WHERE day>counted.day) FROM counted WHERE day IS NOT NULL)"
    " SELECT day, lower(hex(randomblob(10))) FROM counted WHERE day IS NOT NULL;"
    "COMMIT;";

// All but the nearest ones.
constexpr std::string_view old_days_sql =
    "SELECT day FROM day WHERE day<?1 ORDER BY day DESC LIMIT -1 OFFSET ?2";
constexpr std::string_view days_to_come_sql =
    "SELECT day FROM day WHERE day>?1 ORDER BY day LIMIT -1 OFFSET ?2";

std::int64_t number_of(sys_days day) {
  return day.time_since_epoch().count();
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += line;
    text += '\n';
  }
  return text;
}

constexpr std::string_view failure_key =
    "day=?2 AND domain=?3 AND policy=?4 AND type=?5 AND sending_ip=?6 AND mx=?7 AND helo=?8 AND "
    "receiving_ip=?9"
    " AND information=?10 AND reason=?11";

class SqliteTallyFile final : public TallyFile {
 public:
  SqliteTallyFile(SqliteDatabase database, std::string path, TallyLimits limits)
      : database_(std::move(database)), path_(std::move(path)), limits_(limits) {}

  Result<std::uint64_t> add(std::span<const PolicyCount> counts) override {
    domains_.clear();
    begun_.clear();
    return step<std::uint64_t>([&] {
      if (!statements_) {
        statements_.emplace(database_.get());
      }
      std::uint64_t without_room = 0;
      in_transaction(database_.get(), [&] {
        for (const PolicyCount& count : counts) {
          begin_day(count.day);
          without_room += add_one(count) ? 0 : count.success + count.failure;
        }
      });
      return without_room;
    });
  }

  Result<void> prune(sys_days today) override {
    return step<void>([&] {
      in_transaction(database_.get(), [&] {
        for (const auto& [sql, kept] :
             {std::pair(old_days_sql, days_before), std::pair(days_to_come_sql, days_after)}) {
          remove_days(sql, today, kept);
        }
        execute(database_.get(),
                "DELETE FROM policy WHERE id NOT IN (SELECT policy FROM session);"
                "DELETE FROM record WHERE domain NOT IN (SELECT domain FROM session)");
      });
    });
  }

 private:
  struct Statements {
    explicit Statements(sqlite3* database)
        : begin_day(database,
                    "INSERT INTO day(day, unique_id) VALUES(?1, lower(hex(randomblob(10))))"
                    " ON CONFLICT DO NOTHING"),
          note_policy(database,
                      "INSERT INTO policy(type, domain, policy_string, mx_hosts) VALUES(?1,?2,?3,?4)"
                      " ON CONFLICT DO NOTHING"),
          find_policy(
              database,
              "SELECT id FROM policy WHERE type=?1 AND domain=?2 AND policy_string=?3 AND mx_hosts=?4"),
          count_session(database,
                        "UPDATE session SET success=success+?1, failure=failure+?2"
                        " WHERE day=?3 AND domain=?4 AND policy=?5"),
          begin_session(database,
                        "INSERT INTO session(success, failure, day, domain, policy) VALUES(?1,?2,?3,?4,?5)"),
          policies_of_domain(database, "SELECT count(*) FROM session WHERE day=?1 AND domain=?2"),
          domains_of_day(database, "SELECT count(DISTINCT domain) FROM session WHERE day=?1"),
          count_failure(database, "UPDATE failure SET count=count+?1 WHERE " + std::string(failure_key)),
          begin_failure(
              database,
              "INSERT INTO failure(count, day, domain, policy, type, sending_ip, mx, helo, receiving_ip,"
              " information, reason) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)"),
          failures_of_policy(database,
                             "SELECT count(*) FROM failure WHERE day=?1 AND domain=?2 AND policy=?3"),
          note_record(
              database,
              "INSERT INTO record(domain, text) VALUES(?1,?2) ON CONFLICT(domain) DO UPDATE SET text=?2") {}

    Statement begin_day;
    Statement note_policy;
    Statement find_policy;
    Statement count_session;
    Statement begin_session;
    Statement policies_of_domain;
    Statement domains_of_day;
    Statement count_failure;
    Statement begin_failure;
    Statement failures_of_policy;
    Statement note_record;
  };

  template <typename T, typename Body>
  Result<T> step(Body body) {
    return caught<T>(body, [this](const SqliteFailure& failure) { return tally_error(path_, failure); });
  }

  std::int64_t policy_id(PolicyType type, std::string_view domain, std::string_view lines,
                         std::string_view mx) {
    for (Statement* statement : {&statements_->note_policy, &statements_->find_policy}) {
      statement->bind(std::int64_t{std::to_underlying(type)}).bind(domain).bind(lines).bind(mx);
      if (statement == &statements_->note_policy) {
        statement->run();
      }
    }
    Statement& find = statements_->find_policy;
    const std::int64_t id = find.step() ? find.integer(0) : 0;
    find.reset();
    return id;
  }

  std::int64_t number(Statement& statement) {
    const std::int64_t found = statement.step() ? statement.integer(0) : 0;
    statement.reset();
    return found;
  }

  bool update(Statement& statement, const PolicyCount& count, std::int64_t policy) {
    statement.bind_count(count.success)
        .bind_count(count.failure)
        .bind(number_of(count.day))
        .bind(count.domain)
        .bind(policy)
        .run();
    return sqlite3_changes(database_.get()) > 0;
  }

  void remove_days(std::string_view which, sys_days today, std::int64_t kept) {
    Statement find(database_.get(), which);
    find.bind(number_of(today)).bind(kept);
    std::vector<std::int64_t> days;
    while (find.step()) {
      days.push_back(find.integer(0));
    }
    for (const char* sql : {"DELETE FROM session WHERE day=?1", "DELETE FROM failure WHERE day=?1",
                            "DELETE FROM day WHERE day=?1"}) {
      Statement remove(database_.get(), sql);
      for (const std::int64_t day : days) {
        remove.bind(day).run();
      }
    }
  }

  void begin_day(sys_days day) {
    if (begun_.insert(day).second) {
      statements_->begin_day.bind(number_of(day)).run();
    }
  }

  // False where the day has no room for another domain.
  bool add_one(const PolicyCount& count) {
    const std::string lines = joined(count.policy.policy_string);
    const std::string mx = joined(count.policy.mx_hosts);
    std::int64_t policy = policy_id(count.policy.type, count.policy.domain, lines, mx);
    if (!update(statements_->count_session, count, policy)) {
      statements_->policies_of_domain.bind(number_of(count.day)).bind(count.domain);
      const auto policies = static_cast<std::size_t>(number(statements_->policies_of_domain));
      if (policies == 0 && !has_room_for_domain(count.day)) {
        return false;
      }
      if (policies >= limits_.policies_of_domain) {
        policy = policy_id(count.policy.type, "", "", "");
      }
      if (policies < limits_.policies_of_domain || !update(statements_->count_session, count, policy)) {
        update(statements_->begin_session, count, policy);
      }
    }
    if (!count.record.empty()) {
      statements_->note_record.bind(count.domain).bind(count.record).run();
    }
    for (const auto& [failure, times] : count.failures) {
      add_failure(count, policy, failure, times);
    }
    return true;
  }

  bool has_room_for_domain(sys_days day) {
    const auto [place, is_new] = domains_.try_emplace(day, 0);
    if (is_new) {
      statements_->domains_of_day.bind(number_of(day));
      place->second = static_cast<std::size_t>(number(statements_->domains_of_day));
    }
    return place->second++ < limits_.domains_of_day;
  }

  bool update(Statement& statement, const PolicyCount& count, std::int64_t policy,
              const SessionFailure& failure, std::uint64_t times) {
    statement.bind_count(times)
        .bind(number_of(count.day))
        .bind(count.domain)
        .bind(policy)
        .bind(std::int64_t{std::to_underlying(failure.type)})
        .bind(failure.sending_ip)
        .bind(failure.mx)
        .bind(failure.helo)
        .bind(failure.receiving_ip)
        .bind(failure.additional_information)
        .bind(failure.reason_code)
        .run();
    return sqlite3_changes(database_.get()) > 0;
  }

  void add_failure(const PolicyCount& count, std::int64_t policy, const SessionFailure& failure,
                   std::uint64_t times) {
    if (update(statements_->count_failure, count, policy, failure, times)) {
      return;
    }
    statements_->failures_of_policy.bind(number_of(count.day)).bind(count.domain).bind(policy);
    if (static_cast<std::size_t>(number(statements_->failures_of_policy)) < limits_.failures_of_policy) {
      update(statements_->begin_failure, count, policy, failure, times);
      return;
    }
    SessionFailure elsewhere;
    elsewhere.type = failure.type;
    if (!update(statements_->count_failure, count, policy, elsewhere, times)) {
      update(statements_->begin_failure, count, policy, elsewhere, times);
    }
  }

  SqliteDatabase database_;
  std::string path_;
  TallyLimits limits_;
  std::optional<Statements> statements_;
  std::map<sys_days, std::size_t> domains_;  // of the days that this transaction counts for
  std::set<sys_days> begun_;                 // of those that have an id
};

}  // namespace

TallyFile::Result<std::unique_ptr<TallyFile>> TallyFile::open(const std::string& path, TallyLimits limits) {
  try {
    SqliteDatabase database = open_database(
        path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, busy_milliseconds);
    const bool is_new = is_empty_database(database.get());
    if (!is_new && !is_tally(database.get())) {
      return std::unexpected(foreign_tally(path));
    }
    execute(database.get(), settings_sql);
    if (is_new) {
      execute(database.get(), layout_sql);
    }
    execute(database.get(), day_sql);
    return std::make_unique<SqliteTallyFile>(std::move(database), path, limits);
  } catch (const SqliteFailure& failure) {
    return std::unexpected(tally_error(path, failure));
  }
}

}  // namespace mta_sts::outcome
