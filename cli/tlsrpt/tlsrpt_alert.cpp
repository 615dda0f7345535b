#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "base/clock.hpp"
#include "cli/tlsrpt/tlsrpt_commands.hpp"
#include "cli/tlsrpt/tlsrpt_history.hpp"
#include "tlsrpt/history/alert_memory.hpp"
#include "tlsrpt/model/standing.hpp"
#include "tlsrpt/model/watched.hpp"
#include "tlsrpt/render/alert.hpp"

namespace mta_sts::cli {
namespace {

using std::chrono::sys_days;

constexpr std::size_t conflicts_limit = 1000;

// Of days that are named, nothing is remembered: the alert of every day goes on as if nobody had looked.
bool names_days(const TlsrptOptions& options) {
  return !options.since.empty() || !options.until.empty();
}

// SQLite makes a journal beside the file.
bool may_write(const std::filesystem::path& path) {
  const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
  return ::access(path.c_str(), W_OK) == 0 && ::access(folder.c_str(), W_OK | X_OK) == 0;
}

/// What alerts before this one left, and the place to leave something for the next.
struct Remembered {
  std::unique_ptr<tlsrpt::AlertMemory> memory;  ///< null: nothing is remembered
  tlsrpt::Watch watch;
  tlsrpt::WatchState state;
};

tlsrpt::History::Result<Remembered> remember(const TlsrptOptions& options, const TlsrptQuery& query) {
  Remembered remembered;
  if (names_days(options) || (!tlsrpt::is_server_address(options.db) && !may_write(options.db))) {
    return remembered;
  }
  auto memory = tlsrpt::open_alert_memory(options.db, tlsrpt::HistoryAccess::existing);
  if (!memory) {
    return std::unexpected(std::move(memory).error());
  }
  if (!*memory) {
    return remembered;
  }
  remembered.watch = {.domain = query.filter.domain,
                      .target = query.target,
                      .days = options.days,
                      .expects_reports = options.expect_reports};
  auto state = (*memory)->load(remembered.watch);
  if (!state) {
    return std::unexpected(std::move(state).error());
  }
  remembered.memory = *std::move(memory);
  remembered.state = *std::move(state);
  return remembered;
}

// What came since the last alert; and whatever came late for as many days as what did not.
tlsrpt::WatchSpan span_of(const TlsrptOptions& options, const TlsrptQuery& query,
                          const tlsrpt::WatchState& state) {
  tlsrpt::WatchSpan span{.since = *query.filter.since,
                         .until = query.filter.until,
                         .length = std::chrono::days(options.days),
                         .known_until = state.judged.value_or(std::chrono::sys_seconds::max())};
  if (!names_days(options)) {
    span.imported_since = span.since;
    if (state.judged) {
      span.imported_since =
          std::min<std::chrono::sys_seconds>(span.since, *state.judged + std::chrono::seconds(1));
    }
  }
  return span;
}

tlsrpt::History::Result<std::vector<tlsrpt::Conflict>> watched_conflicts(tlsrpt::History& history,
                                                                         const TlsrptQuery& query,
                                                                         const tlsrpt::WatchSpan& span) {
  if (!span.imported_since) {
    return history.conflicts(query.filter, conflicts_limit);
  }
  auto conflicts = history.conflicts({.domain = query.filter.domain}, conflicts_limit);
  if (conflicts) {
    std::erase_if(*conflicts, [&](const auto& one) { return one.imported < *span.imported_since; });
  }
  return conflicts;
}

std::chrono::sys_seconds newest_import(const tlsrpt::Watched& watched,
                                       const std::vector<tlsrpt::Conflict>& conflicts) {
  std::chrono::sys_seconds newest = watched.newest_import();
  for (const tlsrpt::Conflict& conflict : conflicts) {
    newest = std::max(newest, conflict.imported);
  }
  return newest;
}

ExitCode run_alert(Output& output, const TlsrptOptions& options) {
  const auto query = read_query(output, options);
  if (!query) {
    return ExitCode::wrong_use;
  }
  const auto history = open_history(output, options, tlsrpt::HistoryAccess::read);
  if (!history) {
    return history.error();
  }
  auto remembered = remember(options, *query);
  if (!remembered) {
    return report_failure(output, remembered.error());
  }
  const sys_days today = std::chrono::floor<std::chrono::days>(SystemClock().now());
  tlsrpt::Watched watched(span_of(options, *query, remembered->state), query->filter.until.value_or(today));
  if (const auto visited = (*history)->visit({.domain = query->filter.domain, .tells_import = true}, watched);
      !visited) {
    return report_failure(output, visited.error());
  }
  if (!query->filter.domain.empty() && watched.reports() == 0) {
    output.error(no_report_names(query->filter.domain));
    return ExitCode::wrong_use;
  }
  const auto conflicts = watched_conflicts(**history, *query, watched.span());
  if (!conflicts) {
    return report_failure(output, conflicts.error());
  }
  const tlsrpt::Judgment judgment = judge(
      watched, {.target = query->target, .expects_reports = options.expect_reports, .conflicts = *conflicts});
  tlsrpt::Told told = compare(judgment, watched, remembered->state.standing, today);
  output.text(tlsrpt::render_alert({.told = told,
                                    .judgment = judgment,
                                    .watched = watched,
                                    .domain = query->filter.domain,
                                    .today = today}));
  // What could not be told is not remembered as told.
  if (remembered->memory && output.finish()) {
    const auto saved = remembered->memory->save(
        remembered->watch,
        {.judged = newest_import(watched, *conflicts), .standing = std::move(told.standing)});
    if (!saved) {
      return report_failure(output, saved.error());
    }
  }
  return told.is_alert() ? ExitCode::at_fault : ExitCode::ok;
}

}  // namespace

void add_tlsrpt_alert(Command tlsrpt, Session& session) {
  const auto declare = [](Command command, TlsrptOptions& options) {
    options.days = 3;
    declare_view(command, options);
    command.flag("--expect-reports", options.expect_reports,
                 "Also alert if there is no report at all for these days");
    command.footer(
        "Judges the reports of the last days and those that were imported since the last alert. Tells, a "
        "sentence a line,\n"
        "of a success rate below the target (of all sessions, of one domain or one sender beside others, or "
        "under DANE),\n"
        "of a failure type or a failing host that no earlier day had, of reports that contradict each other, "
        "and of a\n"
        "sender that has stopped. What was told before and still stands is repeated in short, and what "
        "is cleared\n"
        "is told once. Otherwise prints nothing, so that cron sends a mail only if there is something to "
        "report.\n"
        "\n"
        "The history remembers what was told, for each choice of --domain, --target, --days and "
        "--expect-reports. With\n"
        "--since or --until, and for a user who may only read the history, nothing is remembered: all that "
        "is found is\n"
        "told as new.\n"
        "Exit codes: 0 nothing to report, or something cleared, 1 something is new or still wrong, 2 usage "
        "error or\n"
        "unreadable history, 3 the history is busy, its disk is full or its server away.");
  };
  add_report_command(tlsrpt, session, "alert", "Alert if something is new or wrong", declare, run_alert);
}

}  // namespace mta_sts::cli
