#include "sender/store/sqlite_store.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <optional>
#include <utility>

#include "sender/store/cache_file.hpp"
#include "sender/store/store_row.hpp"
#include "sqlite/sqlite.hpp"

namespace mta_sts::sender {
namespace {

constexpr int application_id = 0x4d545353;  // "MTSS"
constexpr int schema_version = 1;
constexpr int busy_milliseconds = 100;
constexpr int value_limit_bytes = 1 << 20;
constexpr int log_limit_pages = 1000;

constexpr const char* settings_sql =
    // Locked before the log is first touched, its index stays in this process's memory: there is no -shm
    // file.
    "PRAGMA locking_mode=EXCLUSIVE; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
    "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA cache_size=-512;"
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA journal_size_limit=4194304;";

constexpr const char* schema_sql =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE entry(domain TEXT PRIMARY KEY NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL,"
    " fetched INTEGER NOT NULL, failures TEXT NOT NULL, failed_refreshes INTEGER NOT NULL,"
    " used INTEGER NOT NULL, sum INTEGER NOT NULL, peer TEXT NOT NULL DEFAULT '',"
    " asks INTEGER NOT NULL DEFAULT 0);"
    "PRAGMA application_id=1297371987; PRAGMA user_version=1; COMMIT;";
static_assert(application_id == 1297371987 && schema_version == 1);

constexpr const char* columns =
    "domain, id, body, fetched, failures, failed_refreshes, used, sum, peer, asks";
constexpr const char* first_columns =
    "domain, id, body, fetched, failures, failed_refreshes, used, sum, '', 0";

// Columns that came later, each with a default: a file of any age is taken, and given back to an older
// program.
struct LaterColumn {
  const char* probe;
  const char* add;
};
constexpr std::array later_columns{
    LaterColumn{"SELECT peer FROM entry", "ALTER TABLE entry ADD COLUMN peer TEXT NOT NULL DEFAULT ''"},
    LaterColumn{"SELECT asks FROM entry", "ALTER TABLE entry ADD COLUMN asks INTEGER NOT NULL DEFAULT 0"},
};

bool is_damage(int code) {
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

StoreRow row_of(const Statement& statement) {
  return {.domain = statement.blob(0),
          .id = statement.blob(1),
          .body = statement.blob(2),
          .fetched = statement.integer(3),
          .failures = statement.blob(4),
          .failed_refreshes = statement.integer(5),
          .used = statement.integer(6),
          .sum = statement.integer(7),
          .peer = statement.blob(8),
          .asks = statement.integer(9)};
}

// SQLITE_OK, or the code of what failed in `body`.
template <typename Body>
int attempt(Body body) {
  try {
    body();
    return SQLITE_OK;
  } catch (const SqliteFailure& failure) {
    return failure.code;
  }
}

}  // namespace

struct SqliteStore::Database {
  std::string path;
  Log& log;
  const Clock& clock;
  SqliteDatabase connection;
  SqliteDatabase orphan;  // the file that is gone from its path: still read till there is a new one
  std::optional<Statement> put;
  std::optional<Statement> get;
  std::optional<Statement> touch;
  std::optional<Statement> erase;
  CacheFileWatch watch;
  bool failing = false;
  bool lost = false;  // rows, since is_intact() was asked

  Database(std::string file, Log& sink, const Clock& time)
      : path(std::move(file)), log(sink), clock(time), watch(path) {}

  // SQLITE_OK, or why the file cannot be used; SQLITE_MISMATCH: it is a database of something else.
  int open() {
    close();
    return attempt([this] {
      connection = open_database(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW,
                                 busy_milliseconds);
      sqlite3_limit(connection.get(), SQLITE_LIMIT_LENGTH, value_limit_bytes);
      execute(connection.get(), settings_sql);
      adopt();
      prepare_statements();
      watch_file();
    });
  }

  void watch_file() {
    std::remove((path + "-shm").c_str());  // of a version that shared its memory; the lock is ours alone
    watch.note_opened(static_cast<std::size_t>(pragma(connection.get(), "page_size")));
    sqlite3_wal_hook(connection.get(), &Database::on_commit, this);
  }

  // In the place of SQLite's own hook, which writes the log back into the file.
  static int on_commit(void* self, sqlite3* raw, const char* /*name*/, int pages) noexcept {
    CacheFileWatch& watch = static_cast<Database*>(self)->watch;
    watch.note_log(static_cast<std::size_t>(pages));
    if (pages >= log_limit_pages) {
      // What it could not write back now, the next commit's checkpoint will.
      sqlite3_wal_checkpoint_v2(raw, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
      watch.note_checkpoint();
    }
    return SQLITE_OK;
  }

  // Takes the file as ours, or makes the table in a fresh one.
  void adopt() {
    const std::int64_t owner = pragma(connection.get(), "application_id");
    const std::int64_t version = pragma(connection.get(), "user_version");
    if (is_empty_database(connection.get())) {
      execute(connection.get(), schema_sql);
      return;
    }
    if (owner != application_id) {
      throw SqliteFailure{.code = SQLITE_MISMATCH, .detail = {}};
    }
    if (version != schema_version) {
      throw SqliteFailure{.code = SQLITE_NOTADB, .detail = {}};
    }
    add_later_columns();
  }

  void add_later_columns() {
    for (const LaterColumn& column : later_columns) {
      if (attempt([&] { Statement(connection.get(), column.probe); }) == SQLITE_ERROR) {
        const int code = attempt([&] { execute(connection.get(), column.add); });
        if (code != SQLITE_OK && code != SQLITE_ERROR) {
          throw SqliteFailure{.code = code, .detail = {}};
        }
      }
    }
  }

  void prepare_statements() {
    const std::string names = columns;
    const int code = attempt([&] {
      put.emplace(connection.get(),
                  "INSERT OR REPLACE INTO entry(" + names + ") VALUES(?,?,?,?,?,?,?,?,?,?)");
      prepare_get(connection.get());
      touch.emplace(connection.get(), "UPDATE entry SET used=?, asks=? WHERE domain=?");
      erase.emplace(connection.get(), "DELETE FROM entry WHERE domain=?");
    });
    if (code != SQLITE_OK) {  // a table of ours that does not take our statements is damaged too
      throw SqliteFailure{.code = code == SQLITE_ERROR ? SQLITE_CORRUPT : code, .detail = {}};
    }
  }

  void prepare_get(sqlite3* from) {
    get.emplace(from, std::string("SELECT ") + columns + " FROM entry WHERE domain=?");
  }

  void close_statements() {
    put.reset();
    get.reset();
    touch.reset();
    erase.reset();
  }

  void close() {
    close_statements();
    connection.reset();
  }

  // Moves the damaged file away, begins a fresh one and puts into it what can still be read.
  bool replace_damaged() {
    const std::string aside = path + ".damaged-" + std::to_string(clock.now().time_since_epoch().count());
    close();
    for (const char* suffix : {"", "-wal", "-shm"}) {
      rename((path + suffix).c_str(), (aside + suffix).c_str());
    }
    log.write(LogLevel::error, "cache-damaged",
              "the cache " + path + " is damaged; it was moved to " + aside + " and a new one begun");
    lost = true;
    if (!check_cache_place(path) || open() != SQLITE_OK) {  // without a connection every change tries again
      close();
      return false;
    }
    static_cast<void>(attempt([&] {  // what cannot be read is lost
      const SqliteDatabase old =
          open_database(aside, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, busy_milliseconds);
      std::size_t damaged = 0;
      read_rows(old.get(), damaged, [this](const StoredEntry& entry) { static_cast<void>(write(entry)); });
    }));
    return true;
  }

  // Takes the file as it is now, with what can still be read of the one before: memory does not have all of
  // it.
  void open_anew() {
    if (connection) {
      log.write(
          LogLevel::error, "cache-damaged",
          "the cache " + path + " or its log was cut, replaced or removed while in use; it is written anew");
      leave_file();
    }
    close();
    if (watch.is_other_file() && !watch.is_in_use()) {
      std::remove((path + "-wal").c_str());  // it belongs to the file that is gone
    }
    const int code = check_cache_place(path) ? open() : SQLITE_CANTOPEN;
    if (code != SQLITE_OK && !(is_damage(code) && replace_damaged())) {
      close();
    }
    lost = static_cast<bool>(connection);
    if (orphan) {
      take_from_orphan();
    }
  }

  // What stood in a log that was cut is not to be written into the file any more: its pages would overwrite
  // others with nothing. A log that was removed is whole for who has it open.
  void leave_file() {
    if (watch.has_lost_log()) {
      sqlite3_wal_checkpoint_v2(connection.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    }
    sqlite3_db_config(connection.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    if (watch.is_other_file()) {
      close_statements();
      orphan = std::move(connection);
    }
  }

  void take_from_orphan() {
    if (!connection) {
      static_cast<void>(attempt([this] { prepare_get(orphan.get()); }));
      return;
    }
    static_cast<void>(attempt([this] {  // what cannot be read is lost
      std::size_t damaged = 0;
      read_rows(orphan.get(), damaged, [this](const StoredEntry& entry) { static_cast<void>(write(entry)); });
    }));
    orphan.reset();
  }

  // Throws SqliteFailure where the rows end too early.
  template <typename Take>
  static void read_rows(sqlite3* from, std::size_t& damaged, Take take) {
    const auto select = [from](const char* names) {
      return Statement(from, std::string("SELECT ") + names + " FROM entry");
    };
    std::optional<Statement> rows;
    if (attempt([&] { rows.emplace(select(columns)); }) != SQLITE_OK) {
      rows.emplace(select(first_columns));
    }
    while (rows->step()) {
      if (auto entry = read_store_row(row_of(*rows))) {
        take(*std::move(entry));
      } else {
        ++damaged;
      }
    }
  }

  int write(const StoredEntry& entry) {
    const std::string failures = render_history({.failures = entry.failures, .lookups = entry.lookups});
    StoreRow row;
    row.domain = entry.domain;
    row.failures = failures;
    row.failed_refreshes = entry.failed_refreshes;
    row.used = entry.used.time_since_epoch().count();
    if (entry.policy) {
      row.id = entry.policy->id;
      row.body = entry.policy->body;
      row.fetched = entry.policy->fetched.time_since_epoch().count();
      row.peer = entry.policy->peer;
    }
    row.sum = row_sum(row);
    return attempt([&] {
      put->bind(row.domain)
          .bind(row.id)
          .bind_blob(row.body)
          .bind(row.fetched)
          .bind(row.failures)
          .bind(row.failed_refreshes)
          .bind(row.used)
          .bind(row.sum)
          .bind(row.peer)
          .bind(entry.asks)
          .run();
    });
  }

  // Does a write; a damaged file is replaced and the write done again. False is logged once until one works.
  template <typename Write>
  bool change(Write write_once) {
    if (!connection || !watch.is_intact()) {
      open_anew();
    }
    int code = connection ? write_once() : SQLITE_CANTOPEN;
    if (is_damage(code) && replace_damaged()) {
      code = write_once();
    }
    const bool done = code == SQLITE_OK;
    if (!done && !failing) {
      log.write(LogLevel::error, "cache-store-failed",
                "cannot write the cache " + path + ": " + sqlite3_errstr(code) +
                    "; verdicts go on from memory, see to space and rights of its folder");
    } else if (done && failing) {
      log.write(LogLevel::info, "cache-store-works", "the cache " + path + " can be written again");
    }
    failing = !done;
    return done;
  }
};

SqliteStore::SqliteStore(std::unique_ptr<Database> database) : database_(std::move(database)) {}
SqliteStore::~SqliteStore() = default;

std::expected<std::unique_ptr<SqliteStore>, Fault> SqliteStore::open(std::string path, Log& log,
                                                                     const Clock& clock) {
  if (auto place = check_cache_place(path); !place) {
    return std::unexpected(std::move(place).error());
  }
  const auto unusable = [](std::string detail) {
    return std::unexpected(Fault{"cache-unusable", std::move(detail)});
  };
  auto database = std::make_unique<Database>(std::move(path), log, clock);
  const int code = database->open();
  if (code == SQLITE_MISMATCH) {
    return unusable("the file " + database->path + " is a database of something else: name another cache");
  }
  if (code == SQLITE_BUSY) {
    return unusable("the cache " + database->path +
                    " is in use by another process: stop that one, or name another cache");
  }
  if (code != SQLITE_OK && !(is_damage(code) && database->replace_damaged())) {
    return unusable("cannot use the cache " + database->path + ": " + sqlite3_errstr(code));
  }
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(database)));
}

bool SqliteStore::load(const std::function<void(StoredEntry)>& take) {
  std::size_t damaged = 0;
  const int code = attempt([&] { Database::read_rows(database_->connection.get(), damaged, take); });
  if (damaged > 0) {
    database_->log.write(
        LogLevel::warning, "cache-row-damaged",
        std::to_string(damaged) + " rows of the cache " + database_->path +
            " do not fit their sum and count as not there; they are fetched anew when asked for");
  }
  if (is_damage(code)) {
    database_->replace_damaged();
  }
  return code == SQLITE_OK && damaged == 0;
}

std::optional<StoredEntry> SqliteStore::load_one(std::string_view domain) {
  std::optional<Statement>& get = database_->get;
  if (!get) {
    return std::nullopt;
  }
  std::optional<StoredEntry> entry;
  static_cast<void>(attempt([&] {  // what cannot be read is not there
    get->reset();
    if (get->bind(domain).step()) {
      entry = read_store_row(row_of(*get));
    }
    get->reset();
  }));
  return entry;
}

bool SqliteStore::store(const StoredEntry& entry) {
  return database_->change([&] { return database_->write(entry); });
}

bool SqliteStore::note_use(std::string_view domain, std::chrono::sys_seconds used, std::uint32_t asks) {
  return database_->change([&] {
    return attempt(
        [&] { database_->touch->bind(used.time_since_epoch().count()).bind(asks).bind(domain).run(); });
  });
}

bool SqliteStore::is_intact() {
  if (!database_->connection || !database_->watch.is_intact()) {
    database_->open_anew();
  }
  return !std::exchange(database_->lost, false);
}

bool SqliteStore::remove(std::string_view domain) {
  return database_->change([&] { return attempt([&] { database_->erase->bind(domain).run(); }); });
}

}  // namespace mta_sts::sender
