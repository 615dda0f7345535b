#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "cli/output.hpp"
#include "cli/store/sync_table.hpp"
#include "sync/table_sync.hpp"

namespace mta_sts::cli {

/// Shows the lines of a log as messages of the command.
class MessageLog final : public Log {
 public:
  explicit MessageLog(Output& output) : output_(&output) {}
  void write(LogLevel level, std::string_view word, std::string_view message) noexcept override;

 private:
  Output* output_;
};

/// Tells a log what comes of looking at the table, and keeps what monitoring asks for.
class SyncLog final : public sync::SyncReport {
 public:
  /// The log must outlive it. `metrics`: the path of a file for node_exporter; empty: none.
  SyncLog(Log& log, std::string metrics) : log_(&log), metrics_(std::move(metrics)) {}

  void on_refused(std::string_view name, std::string_view word, std::string_view detail) override;
  void on_change(sync::TableChange change, std::string_view name) override;

  /// Ends a look at all rows, or at those that changed, in which the two above were called.
  void on_compared(const sync::SyncCounts& counts, std::chrono::sys_seconds now);
  void on_changes(const sync::SyncCounts& counts, std::chrono::sys_seconds now);
  void on_fault(const SyncFault& fault, std::chrono::seconds pause);

 private:
  void sum_up(const sync::SyncCounts& counts);
  void write_metrics();

  Log* log_;
  std::string metrics_;
  std::size_t named_ = 0;  ///< rows that were refused by name in this look
  bool is_connected_ = false;
  bool has_unwritable_metrics_ = false;
  sync::SyncCounts latest_;  ///< of the latest look at all rows, and the rows refused since
  std::optional<std::chrono::sys_seconds> compared_;
  std::optional<std::chrono::sys_seconds> read_;
};

/// Gives the sentence for what a look came to.
[[nodiscard]] std::string to_sentence(const sync::SyncCounts& counts);

}  // namespace mta_sts::cli
