#include <chrono>
#include <string>

#include "base/utf8.hpp"
#include "cli/report/tlsrpt_commands.hpp"
#include "cli/report/tlsrpt_history.hpp"
#include "tlsrpt/model/report_values.hpp"
#include "tlsrpt/render/alert.hpp"
#include "tlsrpt/render/render_prometheus.hpp"

namespace mta_sts::cli {
namespace {

ExitCode run_metrics(Output& output, const TlsrptOptions& options, const Command&) {
  const auto opened = open_view(output, options);
  if (!opened) {
    return opened.error();
  }
  output.text(
      tlsrpt::render_prometheus(opened->view.metrics, opened->query.target, opened->view.left_out.conflicts));
  return ExitCode::ok;
}

/// All days before the watched ones.
tlsrpt::Filter earlier(const tlsrpt::Filter& filter) {
  tlsrpt::Filter before = filter;
  before.until = *filter.since - std::chrono::days(1);
  before.since.reset();
  return before;
}

ExitCode run_alert(Output& output, const TlsrptOptions& options, const Command&) {
  const auto opened = open_view(output, options);
  if (!opened) {
    return opened.error();
  }
  const tlsrpt::Filter& filter = opened->query.filter;
  const auto before = filter.since ? view_history(output, *opened->history, earlier(filter)) : HistoryView();
  if (!before) {
    return before.error();
  }
  const std::string alert = tlsrpt::render_alert({.now = opened->view.metrics,
                                                  .before = before->metrics,
                                                  .target = opened->query.target,
                                                  .domain = filter.domain,
                                                  .expects_reports = options.expect_reports,
                                                  .conflicts = opened->view.left_out.conflicts});
  output.text(alert);
  return alert.empty() ? ExitCode::ok : ExitCode::at_fault;
}

ExitCode run_prune(Output& output, const TlsrptOptions& options, const Command&) {
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
        "Exit codes: 0 success, 2 usage error or unreadable history, 3 the history is busy or its disk is "
        "full.");
  };
  add_command<TlsrptOptions>(tlsrpt, session, "metrics", "Print Prometheus metrics", declare, run_metrics);
}

void add_tlsrpt_alert(Command tlsrpt, Session& session) {
  const auto declare = [](Command command, TlsrptOptions& options) {
    options.days = 3;
    declare_view(command, options).positive();
    command.flag("--expect-reports", options.expect_reports, "Also alert about days without any report");
    command.footer(
        "Prints one paragraph and exits with 1 if the success rate misses the target (of all sessions, of "
        "one "
        "domain\n"
        "beside others, or under DANE), if a failure type or a failing host appears that no earlier day had, "
        "or "
        "if\n"
        "reports contradict each other. Otherwise prints nothing and exits with 0, so that cron sends a mail "
        "only "
        "if\n"
        "there is something to report.\n"
        "Exit codes: 0 nothing to report, 1 something is new or wrong, 2 usage error or unreadable history,\n"
        "3 the history is busy or its disk is full.");
  };
  add_command<TlsrptOptions>(tlsrpt, session, "alert", "Alert if something is new or wrong", declare,
                             run_alert);
}

void add_tlsrpt_prune(Command tlsrpt, Session& session) {
  const auto declare = [](Command command, TlsrptOptions& options) {
    declare_history(command, options);
    command.option("--before DAY", options.before, "Remove reports of days before this one").required();
    command.footer(
        "Exit codes: 0 success, 2 usage error or unreadable history, 3 the history is busy or its disk is "
        "full.\n\n"
        "Example:\n  mta-sts tlsrpt prune --before \"$(date -u -d '400 days ago' +%F)\"");
  };
  add_command<TlsrptOptions>(tlsrpt, session, "prune", "Remove old reports from the history", declare,
                             run_prune);
}

}  // namespace mta_sts::cli
