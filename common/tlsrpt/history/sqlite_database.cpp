#include "tlsrpt/history/sqlite_database.hpp"

#include <sqlite3.h>

#include <optional>
#include <utility>

#include "sqlite/sqlite.hpp"
#include "tlsrpt/history/batch_import.hpp"
#include "tlsrpt/history/layout.hpp"

namespace mta_sts::tlsrpt {
namespace {

class SqliteRow final : public DatabaseRow {
 public:
  explicit SqliteRow(const Statement& statement) : statement_(statement) {}
  [[nodiscard]] std::int64_t integer(int column) const override { return statement_.integer(column); }
  [[nodiscard]] std::uint64_t count(int column) const override { return statement_.count(column); }
  [[nodiscard]] std::string_view text(int column) const override { return statement_.text(column); }

 private:
  const Statement& statement_;
};

class SqliteHistoryDatabase final : public HistoryDatabase {
 public:
  SqliteHistoryDatabase(SqliteDatabase database, std::string path)
      : database_(std::move(database)), path_(std::move(path)) {}

  // One of an older layout that may only be read has not all columns.
  DatabaseShape shape() override {
    return told([&] {
      const std::int64_t layout = pragma(database_.get(), "user_version");
      return DatabaseShape{.has_places = layout > 1,
                           .has_memory = layout > 2,
                           .has_authentication = layout > 3,
                           .counted_report = layout > 4 ? by_mark : by_texts};
    });
  }

  void read(const std::string& sql, const DatabaseValues& values,
            const std::function<void(const DatabaseRow&)>& take) override {
    told([&] {
      Statement select(database_.get(), sql);
      bind(select, values);
      const SqliteRow row(select);
      while (select.step()) {
        take(row);
      }
    });
  }

  std::size_t change(const std::string& sql, const DatabaseValues& values) override {
    return told([&] {
      Statement statement(database_.get(), sql);
      bind(statement, values);
      statement.run();
      return static_cast<std::size_t>(sqlite3_changes64(database_.get()));
    });
  }

  void in_snapshot(const std::function<void()>& body) override {
    told([&] { in_transaction(database_.get(), body, "BEGIN"); });
  }

  void in_turn(const std::function<void()>& body) override {
    told([&] { in_transaction(database_.get(), body); });
  }

  // Gives what was removed back to the disk. Where that has no room for a journal, the journal is in memory:
  // a full disk is why somebody removes reports.
  void in_removal(const std::function<void()>& body) override {
    try {
      remove(body);
    } catch (const HistoryError& error) {
      if (error.code != HistoryErrorCode::full) {
        throw;
      }
      told([&] { execute(database_.get(), "PRAGMA journal_mode=MEMORY"); });
      remove(body);
    }
  }

  void after_removals() override {
    told([&] { enable_giving_back(database_.get()); });
  }

  ImportCounts put(ReportBatch& batch, std::chrono::sys_seconds now) override {
    return told([&] {
      if (!import_) {
        import_.emplace(database_.get());
      }
      return import_->run(batch, now);
    });
  }

 private:
  static constexpr std::string_view by_mark =
      "report.day = conflict.day AND report.mark = report_mark(conflict.organization, conflict.report_id, "
      "conflict.start, conflict.domain)";
  static constexpr std::string_view by_texts =
      "report.organization = conflict.organization AND report.report_id = conflict.report_id AND "
      "report.start "
      "= conflict.start AND report.domain = conflict.domain";

  // Turns what SQLite throws in `body` into the error of a history.
  template <typename Body>
  auto told(Body body) -> decltype(body()) {
    try {
      return body();
    } catch (const SqliteFailure& failure) {
      throw history_error(path_, failure);
    }
  }

  static void bind(Statement& statement, const DatabaseValues& values) {
    for (const DatabaseValue& value : values) {
      std::visit([&](auto one) { statement.bind(one); }, value);
    }
  }

  void remove(const std::function<void()>& body) {
    in_turn(body);
    told([&] { give_space_back(database_.get()); });
  }

  SqliteDatabase database_;
  std::string path_;
  std::optional<BatchImport> import_;
};

}  // namespace

std::expected<std::unique_ptr<HistoryDatabase>, HistoryError> open_sqlite_history(const std::string& path,
                                                                                  HistoryAccess access) {
  try {
    auto opened = open_layout(path, access);
    if (!opened) {
      return std::unexpected(std::move(opened).error());
    }
    return std::make_unique<SqliteHistoryDatabase>(*std::move(opened), path);
  } catch (const SqliteFailure& failure) {
    return std::unexpected(history_error(path, failure));
  }
}

}  // namespace mta_sts::tlsrpt
