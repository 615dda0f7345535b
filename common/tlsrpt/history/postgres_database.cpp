#include "tlsrpt/history/postgres_database.hpp"

#include <charconv>
#include <deque>
#include <utility>

#include "postgres/postgres.hpp"
#include "tlsrpt/history/postgres_import.hpp"
#include "tlsrpt/history/postgres_layout.hpp"
#include "tlsrpt/history/postgres_text.hpp"

namespace mta_sts::tlsrpt {
namespace {

using postgres::ResultRows;
using postgres::ServerConnection;

constexpr std::size_t rows_at_once = 5000;

template <typename Number>
Number number_in(std::string_view digits) {
  Number value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

class PostgresRow final : public DatabaseRow {
 public:
  /// The result, which has one row, must outlive what is asked of it.
  void go_to(const ResultRows& row) {
    row_ = &row;
    decoded_.clear();
  }

  [[nodiscard]] std::int64_t integer(int column) const override {
    const std::string_view digits = raw(column);
    return digits == "t" ? 1 : number_in<std::int64_t>(digits);  // a boolean that is true
  }
  [[nodiscard]] std::uint64_t count(int column) const override {
    return number_in<std::uint64_t>(raw(column));
  }
  [[nodiscard]] std::string_view text(int column) const override {
    const std::string_view text = raw(column);
    return is_plain_postgres_text(text) ? text : decoded_.emplace_back(from_postgres_text(text));
  }

 private:
  [[nodiscard]] std::string_view raw(int column) const { return row_->text(0, column).value_or(""); }

  const ResultRows* row_ = nullptr;
  mutable std::deque<std::string> decoded_;
};

class PostgresHistoryDatabase final : public HistoryDatabase {
 public:
  PostgresHistoryDatabase(ServerConnection connection, std::string address, HistoryAccess access)
      : connection_(std::move(connection)), address_(std::move(address)), access_(access) {}

  DatabaseShape shape() override {
    return {.keeps_order_of_joins = false,
            .counted_report = "report.day = conflict.day AND report.mark = conflict.mark"};
  }

  // By a cursor: no statement takes longer than is waited for. Row by row: whoever sends reports makes them
  // as large as a report may be.
  void read(const std::string& sql, const DatabaseValues& values,
            const std::function<void(const DatabaseRow&)>& take) override {
    run("DECLARE history NO SCROLL CURSOR FOR " + sql, texts_of(values));
    const std::string fetch = "FETCH " + std::to_string(rows_at_once) + " FROM history";
    PostgresRow row;
    for (std::size_t count = rows_at_once; count == rows_at_once;) {
      count = value_of(connection_.run_by_row(fetch, [&](const ResultRows& of_server) {
        row.go_to(of_server);
        take(row);
      }));
    }
    run("CLOSE history");
  }

  std::size_t change(const std::string& sql, const DatabaseValues& values) override {
    return run(sql, texts_of(values)).changed();
  }

  void in_snapshot(const std::function<void()>& body) override {
    in_transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", body);
  }

  // One after the other: no two batches can wait for each other, and the numbers of reports are in the order
  // of their import. A program that was stopped in the middle holds nobody up for long.
  void in_turn(const std::function<void()>& body) override {
    in_transaction("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", [&] {
      run("SELECT set_config('idle_in_transaction_session_timeout', '60s', true) FROM layout FOR UPDATE");
      body();
    });
  }

  void in_removal(const std::function<void()>& body) override { in_turn(body); }

  bool may_remember() override {
    const ResultRows rows =
        run("SELECT NOT pg_is_in_recovery() AND has_table_privilege('mta_sts_tlsrpt.watch', 'INSERT, "
            "UPDATE') AND "
            "has_table_privilege('mta_sts_tlsrpt.standing', 'INSERT') AND "
            "has_any_column_privilege('mta_sts_tlsrpt.layout', 'UPDATE')");
    return rows.text(0, 0) == "t";
  }

  ImportCounts put(ReportBatch& batch, std::chrono::sys_seconds now) override {
    return put_into_postgres([this](const std::string& sql,
                                    std::span<const std::string> parameters) { return run(sql, parameters); },
                             batch, now);
  }

 private:
  ResultRows run(const std::string& sql, std::span<const std::string> parameters = {}) {
    return value_of(connection_.run(sql, parameters));
  }

  template <typename Value>
  Value value_of(std::expected<Value, Fault> answer) {
    if (!answer) {
      is_lost_ = answer.error().word.text() == "database-unreachable";
      throw postgres_error(address_, answer.error(), connection_.state());
    }
    return *std::move(answer);
  }

  // Who waits for a server that went away tries the same transaction again.
  void connect_again() {
    auto connection = open_postgres_layout(address_, access_);
    if (!connection) {
      throw std::move(connection).error();
    }
    connection_ = *std::move(connection);
    is_lost_ = false;
  }

  template <typename Body>
  void in_transaction(const char* begin, const Body& body) {
    if (is_lost_) {
      connect_again();
    }
    run(begin);
    try {
      body();
      run("COMMIT");
    } catch (...) {
      if (!is_lost_) {  // the first error is the one to tell
        [[maybe_unused]] const auto undone = connection_.run("ROLLBACK");
      }
      throw;
    }
  }

  static std::vector<std::string> texts_of(const DatabaseValues& values) {
    std::vector<std::string> texts;
    for (const DatabaseValue& value : values) {
      const auto* const number = std::get_if<std::int64_t>(&value);
      texts.push_back(number != nullptr ? std::to_string(*number) : to_postgres_text(std::get<1>(value)));
    }
    return texts;
  }

  ServerConnection connection_;
  std::string address_;
  HistoryAccess access_;
  bool is_lost_ = false;
};

}  // namespace

std::expected<std::unique_ptr<HistoryDatabase>, HistoryError> open_postgres_history(
    const std::string& address, HistoryAccess access) {
  auto connection = open_postgres_layout(address, access);
  if (!connection) {
    return std::unexpected(std::move(connection).error());
  }
  return std::make_unique<PostgresHistoryDatabase>(*std::move(connection), address, access);
}

}  // namespace mta_sts::tlsrpt
