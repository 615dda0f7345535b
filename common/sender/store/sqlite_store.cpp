#include "sender/store/sqlite_store.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <utility>

#include "base/handle.hpp"
#include "sender/store/cache_file.hpp"
#include "sender/store/store_row.hpp"

namespace mta_sts {
namespace {

using Connection = Handle<sqlite3, sqlite3_close_v2>;
using Statement = Handle<sqlite3_stmt, sqlite3_finalize>;

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
  return (code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB;
}

std::string_view view_of(sqlite3_stmt* statement, int column) {
  const void* bytes = sqlite3_column_blob(statement, column);
  const int length = sqlite3_column_bytes(statement, column);
  return bytes == nullptr
             ? std::string_view()
             : std::string_view(static_cast<const char*>(bytes), static_cast<std::size_t>(length));
}

StoreRow row_of(sqlite3_stmt* statement) {
  return {.domain = view_of(statement, 0),
          .id = view_of(statement, 1),
          .body = view_of(statement, 2),
          .fetched = sqlite3_column_int64(statement, 3),
          .failures = view_of(statement, 4),
          .failed_refreshes = sqlite3_column_int64(statement, 5),
          .used = sqlite3_column_int64(statement, 6),
          .sum = sqlite3_column_int64(statement, 7),
          .peer = view_of(statement, 8),
          .asks = sqlite3_column_int64(statement, 9)};
}

void bind_text(sqlite3_stmt* statement, int at, std::string_view text) {
  // A null pointer would bind NULL.
  sqlite3_bind_text(statement, at, text.empty() ? "" : text.data(), static_cast<int>(text.size()),
                    SQLITE_TRANSIENT);
}

Statement prepare(sqlite3* connection, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v3(connection, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  return Statement(statement);
}

std::int64_t pragma(sqlite3* connection, const std::string& name, int& code) {
  const Statement statement = prepare(connection, "PRAGMA " + name);
  code = statement ? sqlite3_step(statement.get()) : sqlite3_errcode(connection);
  return code == SQLITE_ROW ? sqlite3_column_int64(statement.get(), 0) : -1;
}

}  // namespace

struct SqliteStore::Database {
  std::string path;
  Log& log;
  const Clock& clock;
  Connection connection;
  Statement put;
  Statement get;
  Statement touch;
  Statement erase;
  CacheFileWatch watch;
  bool failing = false;
  bool lost = false;  // rows, since is_intact() was asked

  Database(std::string file, Log& sink, const Clock& time)
      : path(std::move(file)), log(sink), clock(time), watch(path) {}

  // SQLITE_OK, or why the file cannot be used; SQLITE_MISMATCH: it is a database of something else.
  int open() {
    close();
    sqlite3* raw = nullptr;
    int code = sqlite3_open_v2(
        path.c_str(), &raw,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, nullptr);
    connection.reset(raw);
    if (code != SQLITE_OK) {
      return code;
    }
    sqlite3_busy_timeout(raw, busy_milliseconds);
    sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, value_limit_bytes);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    code = sqlite3_exec(raw, settings_sql, nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) {
      code = adopt();
    }
    if (code == SQLITE_OK) {
      code = prepare_statements();
    }
    if (code == SQLITE_OK) {
      watch_file();
    }
    return code;
  }

  void watch_file() {
    sqlite3* raw = connection.get();
    std::remove((path + "-shm").c_str());  // of a version that shared its memory; the lock is ours alone
    int code = SQLITE_OK;
    watch.note_opened(static_cast<std::size_t>(pragma(raw, "page_size", code)));
    sqlite3_wal_hook(raw, &Database::on_commit, this);
  }

  // In the place of SQLite's own hook, which writes the log back into the file.
  static int on_commit(void* self, sqlite3* raw, const char* /*name*/, int pages) noexcept {
    CacheFileWatch& watch = static_cast<Database*>(self)->watch;
    watch.note_log(static_cast<std::size_t>(pages));
    if (pages >= log_limit_pages) {
      sqlite3_wal_checkpoint_v2(raw, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
      watch.note_checkpoint();
    }
    return SQLITE_OK;
  }

  // Takes the file as ours, or makes the table in a fresh one.
  int adopt() {
    sqlite3* raw = connection.get();
    int code = SQLITE_OK;
    const std::int64_t owner = pragma(raw, "application_id", code);
    if (code != SQLITE_ROW) {
      return code;
    }
    const std::int64_t version = pragma(raw, "user_version", code);
    const std::int64_t schema = pragma(raw, "schema_version", code);
    if (owner == 0 && version == 0 && schema == 0) {
      return sqlite3_exec(raw, schema_sql, nullptr, nullptr, nullptr);
    }
    if (owner != application_id) {
      return SQLITE_MISMATCH;
    }
    return version == schema_version ? add_later_columns() : SQLITE_NOTADB;
  }

  int add_later_columns() {
    for (const LaterColumn& column : later_columns) {
      if (!prepare(connection.get(), column.probe) && sqlite3_errcode(connection.get()) == SQLITE_ERROR) {
        const int code = sqlite3_exec(connection.get(), column.add, nullptr, nullptr, nullptr);
        if (code != SQLITE_OK && code != SQLITE_ERROR) {
          return code;
        }
      }
    }
    return SQLITE_OK;
  }

  // A table of ours that does not take our statements is damaged too.
  int prepare_statements() {
    const std::string names = columns;
    const auto fill = [this](Statement& statement, const std::string& sql) {
      statement = prepare(connection.get(), sql);
      const int code = statement ? SQLITE_OK : sqlite3_errcode(connection.get());
      return code == SQLITE_ERROR ? SQLITE_CORRUPT : code;
    };
    int code = fill(put, "INSERT OR REPLACE INTO entry(" + names + ") VALUES(?,?,?,?,?,?,?,?,?,?)");
    code = code != SQLITE_OK ? code : fill(get, "SELECT " + names + " FROM entry WHERE domain=?");
    code = code != SQLITE_OK ? code : fill(touch, "UPDATE entry SET used=?, asks=? WHERE domain=?");
    return code != SQLITE_OK ? code : fill(erase, "DELETE FROM entry WHERE domain=?");
  }

  void close() {
    put.reset();
    get.reset();
    touch.reset();
    erase.reset();
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
    sqlite3* raw = nullptr;
    sqlite3_open_v2(aside.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
                    nullptr);
    const Connection old(raw);
    std::size_t damaged = 0;
    read_rows(old.get(), damaged, [this](const StoredEntry& entry) { write(entry); });
    return true;
  }

  // Takes the file as it is now. What stood in a log that was cut is not to be written into it any more: its
  // pages would overwrite others with nothing.
  void open_anew() {
    if (connection) {
      log.write(
          LogLevel::error, "cache-damaged",
          "the cache " + path + " or its log was cut, replaced or removed while in use; it is written anew");
      sqlite3_db_config(connection.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    }
    close();
    if (watch.is_other_file()) {
      std::remove((path + "-wal").c_str());  // it belongs to the file that is gone
    }
    const int code = check_cache_place(path) ? open() : SQLITE_CANTOPEN;
    if (code != SQLITE_OK && !(is_damage(code) && replace_damaged())) {
      close();
    }
    lost = static_cast<bool>(connection);
  }

  template <typename Take>
  static int read_rows(sqlite3* from, std::size_t& damaged, Take take) {
    Statement rows = prepare(from, std::string("SELECT ") + columns + " FROM entry");
    if (!rows) {
      rows = prepare(from, std::string("SELECT ") + first_columns + " FROM entry");
    }
    int code = rows ? sqlite3_step(rows.get()) : sqlite3_errcode(from);
    for (; code == SQLITE_ROW; code = sqlite3_step(rows.get())) {
      if (auto entry = read_store_row(row_of(rows.get()))) {
        take(*std::move(entry));
      } else {
        ++damaged;
      }
    }
    return code;
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
    sqlite3_stmt* statement = put.get();
    bind_text(statement, 1, row.domain);
    bind_text(statement, 2, row.id);
    sqlite3_bind_blob(statement, 3, row.body.empty() ? "" : row.body.data(),
                      static_cast<int>(row.body.size()), SQLITE_TRANSIENT);
    sqlite3_bind_int64(statement, 4, row.fetched);
    bind_text(statement, 5, row.failures);
    sqlite3_bind_int64(statement, 6, row.failed_refreshes);
    sqlite3_bind_int64(statement, 7, row.used);
    sqlite3_bind_int64(statement, 8, row.sum);
    bind_text(statement, 9, row.peer);
    sqlite3_bind_int64(statement, 10, entry.asks);
    return run(statement);
  }

  static int run(sqlite3_stmt* statement) {
    const int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return code;
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
    const bool done = code == SQLITE_DONE;
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

std::expected<std::unique_ptr<SqliteStore>, std::string> SqliteStore::open(std::string path, Log& log,
                                                                           const Clock& clock) {
  if (auto place = check_cache_place(path); !place) {
    return std::unexpected(std::move(place).error());
  }
  auto database = std::make_unique<Database>(std::move(path), log, clock);
  const int code = database->open();
  if (code == SQLITE_MISMATCH) {
    return std::unexpected("the file " + database->path +
                           " is a database of something else: name another cache");
  }
  if ((code & 0xFF) == SQLITE_BUSY) {
    return std::unexpected("the cache " + database->path +
                           " is in use by another process: stop that one, or name another cache");
  }
  if (code != SQLITE_OK && !(is_damage(code) && database->replace_damaged())) {
    return std::unexpected("cannot use the cache " + database->path + ": " + sqlite3_errstr(code));
  }
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(database)));
}

bool SqliteStore::load(const std::function<void(StoredEntry)>& take) {
  std::size_t damaged = 0;
  const int code = Database::read_rows(database_->connection.get(), damaged, take);
  if (damaged > 0) {
    database_->log.write(
        LogLevel::warning, "cache-row-damaged",
        std::to_string(damaged) + " rows of the cache " + database_->path +
            " do not fit their sum and count as not there; they are fetched anew when asked for");
  }
  if (is_damage(code)) {
    database_->replace_damaged();
  }
  return code == SQLITE_DONE && damaged == 0;
}

std::optional<StoredEntry> SqliteStore::load_one(std::string_view domain) {
  sqlite3_stmt* statement = database_->get.get();
  if (statement == nullptr) {
    return std::nullopt;
  }
  bind_text(statement, 1, domain);
  std::optional<StoredEntry> entry;
  if (sqlite3_step(statement) == SQLITE_ROW) {
    entry = read_store_row(row_of(statement));
  }
  sqlite3_reset(statement);
  return entry;
}

bool SqliteStore::store(const StoredEntry& entry) {
  return database_->change([&] { return database_->write(entry); });
}

bool SqliteStore::note_use(std::string_view domain, std::chrono::sys_seconds used, std::uint32_t asks) {
  return database_->change([&] {
    sqlite3_bind_int64(database_->touch.get(), 1, used.time_since_epoch().count());
    sqlite3_bind_int64(database_->touch.get(), 2, asks);
    bind_text(database_->touch.get(), 3, domain);
    return Database::run(database_->touch.get());
  });
}

bool SqliteStore::is_intact() {
  if (!database_->connection || !database_->watch.is_intact()) {
    database_->open_anew();
  }
  return !std::exchange(database_->lost, false);
}

bool SqliteStore::remove(std::string_view domain) {
  return database_->change([&] {
    bind_text(database_->erase.get(), 1, domain);
    return Database::run(database_->erase.get());
  });
}

}  // namespace mta_sts
