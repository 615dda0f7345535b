#include "cli/store/sync_log.hpp"

#include <utility>

#include "base/guarded.hpp"
#include "base/number.hpp"
#include "base/utf8.hpp"
#include "file/replace_file.hpp"

namespace mta_sts::cli {
namespace {

// Of a table that is wrong throughout, these lines say enough.
constexpr std::size_t named_limit = 20;

std::string metric(std::string_view name, std::string_view help, std::string_view value) {
  std::string text;
  text.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name);
  text.append(" gauge\n").append(name).append(" ").append(value).append("\n");
  return text;
}

std::string seconds_of(const std::optional<std::chrono::sys_seconds>& time) {
  return std::to_string(time ? time->time_since_epoch().count() : 0);
}

}  // namespace

std::string to_sentence(const sync::SyncCounts& counts) {
  using text::render_grouped;
  return "rows: " + render_grouped(counts.rows) + ", stored: " + render_grouped(counts.stored) +
         ", of these withdrawn: " + render_grouped(counts.withdrawn) +
         "; removed: " + render_grouped(counts.removed) + ", refused: " + render_grouped(counts.refused);
}

void MessageLog::write(LogLevel level, std::string_view word, std::string_view message) noexcept {
  static_cast<void>(guarded_void([&] {
    if (level == LogLevel::error) {
      output_->error(word, message);
    } else if (level == LogLevel::warning) {
      output_->warning(std::string(word) + ": " + std::string(message));
    }
  }));
}

void SyncLog::on_refused(std::string_view name, std::string_view word, std::string_view detail) {
  if (named_++ < named_limit) {
    log_->write(LogLevel::warning, word,
                "row " + text::quote_for_display(name, 260) + ": " + std::string(detail));
  }
}

void SyncLog::on_change(sync::TableChange change, std::string_view name) {
  log_->write(LogLevel::debug, "row-differs", std::string(to_string(change)) + " " + std::string(name));
}

void SyncLog::sum_up(const sync::SyncCounts& counts) {
  if (counts.refused > 0) {
    log_->write(LogLevel::warning, "rows-refused",
                "rows that cannot be stored: " + text::render_grouped(counts.refused) +
                    "; what the store has for their names stays");
  }
  if (counts.kept_back > 0) {
    log_->write(
        LogLevel::error, "removals-refused",
        "the table lacks " + text::render_grouped(counts.kept_back) +
            " domains of the store, which were not withdrawn: it has none at all, or lost over 100 and over "
            "a tenth of the store within an hour");
  }
  named_ = 0;
}

void SyncLog::on_compared(const sync::SyncCounts& counts, std::chrono::sys_seconds now) {
  sum_up(counts);
  log_->write(LogLevel::info, "table-compared", to_sentence(counts));
  latest_ = counts;
  compared_ = now;
  read_ = now;
  is_connected_ = true;
  write_metrics();
}

void SyncLog::on_changes(const sync::SyncCounts& counts, std::chrono::sys_seconds now) {
  sum_up(counts);
  if (counts.rows + counts.stored + counts.removed > 0) {
    log_->write(LogLevel::info, "table-changed", to_sentence(counts));
  }
  latest_.refused += counts.refused;
  latest_.kept_back += counts.kept_back;
  read_ = now;
  write_metrics();
}

void SyncLog::on_fault(const SyncFault& fault, std::chrono::seconds pause) {
  log_->write(LogLevel::error, fault.word,
              fault.detail + "; what is stored is served; the next try is in " +
                  std::to_string(pause.count()) + " s");
  named_ = 0;
  is_connected_ = false;
  write_metrics();
}

void SyncLog::write_metrics() {
  if (metrics_.empty()) {
    return;
  }
  const auto written = replace_file(
      metrics_,
      metric("mta_sts_sync_connected", "Whether the database is followed.", is_connected_ ? "1" : "0") +
          metric("mta_sts_sync_read_timestamp_seconds", "When the table was last read.", seconds_of(read_)) +
          metric("mta_sts_sync_compared_timestamp_seconds", "When all of its rows were last compared.",
                 seconds_of(compared_)) +
          metric("mta_sts_sync_rows", "Rows of the last comparison.", std::to_string(latest_.rows)) +
          metric("mta_sts_sync_rows_refused", "Rows refused in the last comparison and since.",
                 std::to_string(latest_.refused)) +
          metric("mta_sts_sync_removals_refused",
                 "Domains that the table lacks and that were not withdrawn, being too many.",
                 std::to_string(latest_.kept_back)));
  if (!written && !std::exchange(has_unwritable_metrics_, true)) {
    log_->write(LogLevel::error, written.error().word.text(), written.error().detail);
  } else if (written) {
    has_unwritable_metrics_ = false;
  }
}

}  // namespace mta_sts::cli
