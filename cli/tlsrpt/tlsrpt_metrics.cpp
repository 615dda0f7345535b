#include <chrono>
#include <string>

#include "base/utf8.hpp"
#include "cli/tlsrpt/tlsrpt_commands.hpp"
#include "cli/tlsrpt/tlsrpt_history.hpp"
#include "tlsrpt/model/report_values.hpp"
#include "tlsrpt/render/render_prometheus.hpp"

namespace mta_sts::cli {
namespace {

ExitCode run_metrics(Output& output, const TlsrptOptions& options) {
  const auto opened = open_view(output, options);
  if (!opened) {
    return opened.error();
  }
  // Of the days that are shown it would be gone as soon as reports stay away for longer.
  const auto last_day = opened->history->last_day(opened->query.filter.domain);
  if (!last_day) {
    return report_failure(output, last_day.error());
  }
  output.text(tlsrpt::render_prometheus(opened->view.metrics, opened->query.target,
                                        opened->view.left_out.conflicts, *last_day));
  return ExitCode::ok;
}

ExitCode run_prune(Output& output, const TlsrptOptions& options) {
  const auto day = tlsrpt::parse_day(options.before);
  if (!day) {
    output.error(Fault{"bad-option", "--before \"" + text::escape_for_display(options.before) +
                                         "\": not a date; write it as 2026-03-02"});
    return ExitCode::wrong_use;
  }
  const auto history = open_history(output, options, tlsrpt::HistoryAccess::existing);
  if (!history) {
    return history.error();
  }
  const auto pruned = (*history)->prune(*day);
  if (!pruned) {
    return report_failure(output, pruned.error());
  }
  output.line(tlsrpt::render_number(*pruned, "report") + " removed");
  return ExitCode::ok;
}

}  // namespace

void add_tlsrpt_metrics(Command tlsrpt, Session& session) {
  const auto declare = [](Command command, TlsrptOptions& options) {
    options.days = 7;
    declare_view(command, options);
    command.footer(
        "For the textfile collector of Prometheus' node exporter:\n"
        "  mta-sts tlsrpt metrics > tlsrpt.prom.new && mv tlsrpt.prom.new tlsrpt.prom\n\n"
        "Exit codes: 0 success, 2 usage error or unreadable history, 3 the history is busy, its disk is "
        "full\nor its server away.");
  };
  add_report_command(tlsrpt, session, "metrics", "Print Prometheus metrics", declare, run_metrics);
}

void add_tlsrpt_prune(Command tlsrpt, Session& session) {
  const auto declare = [](Command command, TlsrptOptions& options) {
    declare_history(command, options);
    command.option("--before DAY", options.before, "Remove reports of days before this one").required();
    command.footer(
        "Removes too what alerts remember that have not run since that day.\n"
        "Exit codes: 0 success, 2 usage error or unreadable history, 3 the history is busy, its disk is "
        "full\nor its server away.\n\n"
        "Example:\n  mta-sts tlsrpt prune --before \"$(date -u -d '400 days ago' +%F)\"");
  };
  add_report_command(tlsrpt, session, "prune", "Remove old reports from the history", declare, run_prune);
}

}  // namespace mta_sts::cli
