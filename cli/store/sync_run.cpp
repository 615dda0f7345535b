#include "cli/store/sync_run.hpp"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "base/clock.hpp"
#include "base/deadline.hpp"
#include "cli/store/sync_log.hpp"
#include "cli/store/sync_table.hpp"
#include "resolver/notify.hpp"
#include "resolver/stderr_log.hpp"

namespace mta_sts::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Moment = std::chrono::steady_clock::time_point;

// How often the rows that changed are read where nothing is told of any: a server that is gone is noticed.
constexpr milliseconds heartbeat{10000};
constexpr seconds pause_most{60};
constexpr seconds proven{60};   // a connection that lasted so long is no part of a row of failures
constexpr int rest_factor = 5;  // of the time that a look at all rows took, before one is asked for again

postgres::ServerPatience patience_of(const SyncOptions& options) {
  const seconds answer(options.timeout_seconds);
  // Within the time after which systemd ends a service that tells nothing of itself.
  return {
      .connect = std::min(answer, seconds(5)), .answer = answer, .whole = std::min(8 * answer, seconds(240))};
}

/// Prints the changes of a dry run, and passes on the rest.
class PlanPrinter final : public sync::SyncReport {
 public:
  PlanPrinter(Output& output, SyncLog& log) : output_(&output), log_(&log) {}

  void on_refused(std::string_view name, std::string_view word, std::string_view detail) override {
    log_->on_refused(name, word, detail);
  }
  void on_change(sync::TableChange change, std::string_view name) override {
    output_->line(std::string(to_string(change)) + " " + std::string(name));
  }

 private:
  Output* output_;
  SyncLog* log_;
};

/// The process that follows the table.
class Follower {
 public:
  explicit Follower(const SyncOptions& options)
      : options_(&options),
        log_(resolver::parse_log_level(options.log_level).value_or(LogLevel::info)),
        told_(log_, options.metrics),
        sync_(options.store.path, {}, clock_, told_) {}

  [[noreturn]] void run() {
    while (true) {
      const Moment begun = std::chrono::steady_clock::now();
      const SyncFault fault = follow();
      failures_ = std::chrono::steady_clock::now() - begun > proven ? 0 : failures_;
      const auto longest = std::min<milliseconds>(pause_most, seconds(1) * (1 << std::min(failures_++, 6U)));
      // Nodes that lost the same server do not come back all at once.
      const auto pause = jittered(longest * 3 / 4, longest / 4);
      static_cast<void>(sync_.take_counts());
      told_.on_fault(fault, std::chrono::ceil<seconds>(pause));
      manager_.ready("waits: " + std::string(fault.word));
      ::poll(nullptr, 0, static_cast<int>(pause.count()));
      manager_.alive();
    }
  }

 private:
  // Follows one connection until something fails.
  SyncFault follow() {
    auto table = SyncTable::open(options_->from, patience_of(*options_), [this] { manager_.alive(); });
    if (!table) {
      return table.error();
    }
    while (true) {
      const Moment begun = std::chrono::steady_clock::now();
      if (const auto compared = table->compare_all(sync_); !compared) {
        return compared.error();
      }
      told_.on_compared(sync_.take_counts(), clock_.now());
      manager_.ready("follows the database");
      const Moment ended = std::chrono::steady_clock::now();
      const seconds every(options_->every_seconds);
      const Deadline next = Deadline::in(jittered(every, every / 10));
      if (const auto changes = follow_changes(*table, next, Deadline(ended + rest_factor * (ended - begun)));
          !changes) {
        return changes.error();
      }
    }
  }

  // Reads what changes until all rows are due: at `next`, or when the database asks for it, though not before
  // `rested`.
  SyncTable::Result follow_changes(SyncTable& table, Deadline next, Deadline rested) {
    while (!next.passed() && !(table.needs_comparison() && rested.passed())) {
      const Deadline due = table.needs_comparison() ? next.earlier(rested) : next;
      if (auto waited = table.wait(std::min(heartbeat, due.left())); !waited) {
        return waited;
      }
      if (auto changed = table.read_changes(sync_); !changed) {
        return changed;
      }
      told_.on_changes(sync_.take_counts(), clock_.now());
    }
    return {};
  }

  milliseconds jittered(milliseconds least, milliseconds more) {
    std::uniform_int_distribution<milliseconds::rep> chosen(0, more.count());
    return least + milliseconds(chosen(random_));
  }

  const SyncOptions* options_;
  SystemClock clock_;
  resolver::ServiceManager manager_;
  resolver::StderrLog log_;
  SyncLog told_;
  sync::TableSync sync_;
  std::random_device random_;
  unsigned failures_ = 0;
};

}  // namespace

ExitCode sync_once(Output& output, const SyncOptions& options) {
  MessageLog log(output);
  SyncLog told(log, options.metrics);
  PlanPrinter plan(output, told);
  const SystemClock clock;
  sync::TableSync sync(options.store.path,
                       {.is_dry = options.dry_run, .may_withdraw_many = options.allow_removals}, clock,
                       options.dry_run ? static_cast<sync::SyncReport&>(plan) : told);
  auto table = SyncTable::open(options.from, patience_of(options), [] {});
  const auto compared = table ? table->compare_all(sync) : SyncTable::Result(std::unexpected(table.error()));
  if (!compared) {
    output.error(compared.error().word, compared.error().detail);
    return compared.error().exit_code;
  }
  const sync::SyncCounts counts = sync.take_counts();
  told.on_compared(counts, clock.now());
  if (options.store.json) {
    output.line(nlohmann::ordered_json{{"rows", counts.rows},
                                       {"stored", counts.stored},
                                       {"withdrawn", counts.withdrawn},
                                       {"removed", counts.removed},
                                       {"refused", counts.refused},
                                       {"kept_back", counts.kept_back}}
                    .dump());
  } else {
    output.line(to_sentence(counts));
  }
  return counts.refused + counts.kept_back > 0 ? ExitCode::at_fault : ExitCode::ok;
}

void sync_on(const SyncOptions& options) {
  Follower(options).run();
}

}  // namespace mta_sts::cli
