#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tlsrpt/history/history.hpp"

namespace mta_sts::tlsrpt {

/// A row of an answer. Whatever somebody wrote into the database, a column gives a value: what is no number
/// is 0. Texts hold for the call that gives the row.
class DatabaseRow {
 public:
  virtual ~DatabaseRow() = default;
  [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
  [[nodiscard]] virtual std::uint64_t count(int column) const = 0;
  [[nodiscard]] virtual std::string_view text(int column) const = 0;
};

using DatabaseValue = std::variant<std::int64_t, std::string_view>;
using DatabaseValues = std::vector<DatabaseValue>;

/// What the tables have, which older layouts do not.
struct DatabaseShape {
  bool has_places = true;
  bool has_memory = true;  ///< of alerts
  bool has_authentication = true;
  /// A join leaves rows in the order of an index; where not, they would all be sorted after it.
  bool keeps_order_of_joins = true;
  std::string_view counted_report;  ///< the condition that `report` is the one that `conflict` contradicts
};

/// A database with the tables of a history. SQL is what all of them understand; $1 is the first value, and
/// first used before $2. All of it throws HistoryError.
class HistoryDatabase {
 public:
  virtual ~HistoryDatabase() = default;

  [[nodiscard]] virtual DatabaseShape shape() = 0;

  /// Gives each row of an answer, within in_snapshot() or in_turn().
  virtual void read(const std::string& sql, const DatabaseValues& values,
                    const std::function<void(const DatabaseRow&)>& take) = 0;

  /// Changes rows and gives the number of them, within in_turn().
  virtual std::size_t change(const std::string& sql, const DatabaseValues& values) = 0;

  /// Runs what only reads on one state of the database.
  virtual void in_snapshot(const std::function<void()>& body) = 0;

  /// Runs what writes in one transaction, one program at a time.
  virtual void in_turn(const std::function<void()>& body) = 0;

  /// The same for what removes rows, whose room the database may use again.
  virtual void in_removal(const std::function<void()>& body) = 0;

  /// Is called once after removals.
  virtual void after_removals() {}

  /// Tells whether this user may write what alerts remember.
  [[nodiscard]] virtual bool may_remember() { return true; }

  /// Puts a batch in as imported at `now`, within in_turn().
  [[nodiscard]] virtual ImportCounts put(ReportBatch& batch, std::chrono::sys_seconds now) = 0;
};

}  // namespace mta_sts::tlsrpt
