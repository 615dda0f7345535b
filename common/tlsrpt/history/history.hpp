#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tlsrpt/history/report_batch.hpp"
#include "tlsrpt/model/duplicates.hpp"
#include "tlsrpt/model/metrics.hpp"

namespace mta_sts::tlsrpt {

/// Why the history could not be used. Nothing is lost: what is in it stays, and an import can be done again.
enum class HistoryErrorCode {
  unavailable,  ///< cannot be opened or made: check the folder and its rights, or those of the role
  unreachable,  ///< its server cannot be reached or ended the connection: try again
  busy,         ///< another program holds it for longer than 10 s: try again
  full,         ///< no room on the disk
  damaged,      ///< not a database, or one whose bytes went bad: put it aside and import again
  newer,        ///< made by a newer version of this program
  foreign,      ///< a database of another program: it was not touched
};

[[nodiscard]] std::string_view to_string(HistoryErrorCode code);

struct HistoryError {
  HistoryErrorCode code = HistoryErrorCode::unavailable;
  std::string detail;  ///< a sentence that says how to fix it, safe to show
};

/// What became of reports that were put into the history.
struct ImportCounts {
  std::size_t fresh = 0;
  std::size_t duplicates = 0;
  std::size_t conflicts = 0;

  void add(const ImportCounts& other) {
    fresh += other.fresh;
    duplicates += other.duplicates;
    conflicts += other.conflicts;
  }
};

/// Takes a report that a history keeps; false: no more are wanted.
using TakeKept = std::function<bool(const KeptReport&)>;

/// The reports of the past. The seam to a database: whatever can do these seven things holds a history.
class History {
 public:
  template <typename T>
  using Result = std::expected<T, HistoryError>;

  virtual ~History() = default;

  /// Puts the reports of a batch in, all of them or, on an error, none. A report that is there already counts
  /// once however often and by whatever way it comes; one that contradicts it is noted as a conflict and not
  /// counted.
  [[nodiscard]] virtual Result<ImportCounts> import(ReportBatch& batch, std::chrono::sys_seconds now) = 0;

  /// Gives the rows that match, day by day, reports in the order they came.
  [[nodiscard]] virtual Result<void> visit(const Filter& filter, RowSink& sink) = 0;

  /// Gives the conflicts among the reports that match, the latest first, at most `limit`.
  [[nodiscard]] virtual Result<std::vector<Conflict>> conflicts(const Filter& filter, std::size_t limit) = 0;

  /// Counts the conflicts among the reports that match.
  [[nodiscard]] virtual Result<std::size_t> count_conflicts(const Filter& filter) = 0;

  /// Gives the latest day that a report of `domain` covers, of any domain where it is empty; nothing where
  /// none tells its day.
  [[nodiscard]] virtual Result<std::optional<std::chrono::sys_days>> last_day(std::string_view domain) = 0;

  /// Gives all that it keeps, for another history: the reports in the order they came, and then the
  /// conflicts.
  [[nodiscard]] virtual Result<void> give(const TakeKept& take) = 0;

  /// Removes every report that starts before `day`, and those without a usable start that were imported
  /// before it. Gives the number of them. What alerts remember goes too where none ran since.
  [[nodiscard]] virtual Result<std::size_t> prune(std::chrono::sys_days day) = 0;
};

/// What is done with a history: read alone, by whoever may read its file; written where it is there; or
/// made where it is not.
enum class HistoryAccess { read, existing, create };

/// Tells whether the name of a history is the address of a PostgreSQL server, and not the path of a file.
[[nodiscard]] bool is_server_address(std::string_view name);

/// Opens a history by its name: postgresql://... is one on a server, of which `create` makes no tables;
/// everything else is the path of an SQLite file.
[[nodiscard]] std::expected<std::unique_ptr<History>, HistoryError> open_history(const std::string& name,
                                                                                 HistoryAccess access);

}  // namespace mta_sts::tlsrpt
