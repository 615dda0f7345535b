#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.hpp"
#include "cli/exit_code.hpp"
#include "postgres/postgres.hpp"
#include "store/former_key.hpp"
#include "store/store_error.hpp"
#include "sync/table_sync.hpp"

namespace mta_sts::cli {

/// Why a look at the table ended, or did not begin. What the store has stays.
struct SyncFault {
  std::string_view word;  ///< of docs/errors.md
  std::string detail;     ///< safe to show
  ExitCode exit_code = ExitCode::temporary;
};

/// The table of a hosting panel in PostgreSQL (packaging/postgresql/mta-sts-store.sql), through one
/// connection. After an error open another.
class SyncTable {
 public:
  using Result = std::expected<void, SyncFault>;

  /// Connects, and listens to what changes. `on_step` is called again and again in the work that follows.
  [[nodiscard]] static std::expected<SyncTable, SyncFault> open(const std::string& where,
                                                                postgres::ServerPatience patience,
                                                                std::function<void()> on_step);

  /// Looks at all rows, in one state of the table.
  [[nodiscard]] Result compare_all(sync::TableSync& sync);

  /// Looks at the rows that transactions wrote which the last look did not see, in whatever order they were
  /// committed, and at the names that are gone.
  [[nodiscard]] Result read_changes(sync::TableSync& sync);

  /// Waits until the database tells of a change, at most `limit`.
  [[nodiscard]] Result wait(std::chrono::milliseconds limit);

  /// Tells whether the database told of changes that a look at all rows alone finds.
  [[nodiscard]] bool needs_comparison() const { return needs_comparison_; }

 private:
  SyncTable(postgres::ServerConnection connection, std::function<void()> on_step)
      : connection_(std::move(connection)), on_step_(std::move(on_step)) {}

  using TakeRows = std::function<sync::TableSync::Result(std::span<const store::EntryRowView>, bool is_last)>;

  [[nodiscard]] std::expected<std::string, SyncFault> begin();
  [[nodiscard]] Result end();
  [[nodiscard]] Result read_rows(store::Owner owner, const std::string& condition,
                                 const std::vector<std::string>& parameters, const TakeRows& take);
  [[nodiscard]] std::expected<std::vector<std::string>, SyncFault> names_that_are_gone();
  void take_payload(std::string_view payload);

  postgres::ServerConnection connection_;
  std::function<void()> on_step_;
  std::string seen_;               ///< the snapshot of the last look
  std::vector<std::string> gone_;  ///< names that may be gone
  bool needs_comparison_ = false;
};

}  // namespace mta_sts::cli
