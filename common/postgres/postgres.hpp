#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.hpp"
#include "base/fault.hpp"

struct pg_result;  // libpq's own

namespace mta_sts::postgres {

/// The result of a statement: its rows, which live as long as this does.
class ResultRows {
 public:
  explicit ResultRows(std::shared_ptr<const pg_result> result) : result_(std::move(result)) {}

  [[nodiscard]] std::size_t size() const;

  /// Gives the text of a column, from 0; nothing for NULL.
  [[nodiscard]] std::optional<std::string_view> text(std::size_t row, int column) const;

  /// Gives how many rows the statement inserted, updated or deleted.
  [[nodiscard]] std::size_t changed() const;

 private:
  std::shared_ptr<const pg_result> result_;
};

/// How long the server may be silent.
struct ServerPatience {
  std::chrono::seconds connect{5};  ///< of each host, until it has let us in
  std::chrono::seconds answer{30};  ///< from one byte of an answer to the next
  std::chrono::seconds whole{240};  ///< for a statement, whatever comes meanwhile
};

/// A connection to a PostgreSQL server of version 13 or later. After database-unreachable no other call is
/// worth making on it: open another. Blocks for as long as `ServerPatience` says.
class ServerConnection {
 public:
  /// Connects to where a connection string leads (libpq's URI or key=value words; passwords, files and
  /// defaults as libpq has them). Errors: database-unreachable.
  [[nodiscard]] static std::expected<ServerConnection, Fault> open(const std::string& where,
                                                                   ServerPatience patience);

  /// Runs one statement with its parameters as text. Text comes as the bytes that the database has, in its
  /// own encoding. Errors: database-unreachable, where the connection is lost or the server is silent or
  /// takes too long; database-refused, where it cannot or may not do it.
  [[nodiscard]] std::expected<ResultRows, Fault> run(const std::string& sql,
                                                     std::span<const std::string> parameters = {});

  /// Takes a result of one row.
  using TakeRow = std::function<void(const ResultRows&)>;

  /// The same for an answer whose rows may be large: `take` gets one after the other, and none is kept. Gives
  /// the number of rows.
  [[nodiscard]] std::expected<std::size_t, Fault> run_by_row(const std::string& sql, const TakeRow& take);

  /// Gives the SQLSTATE of what was refused last, five letters and digits; empty where the server gave none.
  [[nodiscard]] std::string_view state() const;

  /// Gives the payloads that NOTIFY sent on the channels that are listened to, and waits for the first as
  /// long as it takes, at most `limit`. Error: database-unreachable.
  [[nodiscard]] std::expected<std::vector<std::string>, Fault> notifications(std::chrono::milliseconds limit);

 private:
  struct Held;
  ServerConnection(std::shared_ptr<Held> held, ServerPatience patience)
      : held_(std::move(held)), patience_(patience) {}

  [[nodiscard]] std::unexpected<Fault> lost() const;
  [[nodiscard]] std::unexpected<Fault> silent() const;
  [[nodiscard]] std::expected<bool, Fault> wait(short events, std::chrono::milliseconds limit) const;
  [[nodiscard]] std::expected<void, Fault> await_server(short events, Deadline whole) const;
  [[nodiscard]] std::expected<void, Fault> flush(Deadline whole);
  [[nodiscard]] std::expected<void, Fault> receive(Deadline whole);
  [[nodiscard]] std::expected<ResultRows, Fault> answer_of(const std::string& sql,
                                                           std::span<const std::string> parameters,
                                                           const TakeRow& take);
  void take_notifications();

  std::shared_ptr<Held> held_;
  ServerPatience patience_;
  std::vector<std::string> notified_;
};

/// Tells what is wrong with a connection string: that it is none, or has a password, which every user of the
/// host could read in a list of processes. Empty where nothing is; nothing of the string is repeated.
[[nodiscard]] std::string fault_of_connection_string(const std::string& where);

}  // namespace mta_sts::postgres
