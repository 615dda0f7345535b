#include <utility>

#include "cli/tlsrpt/tlsrpt_commands.hpp"
#include "cli/tlsrpt/tlsrpt_history.hpp"
#include "tlsrpt/render/render_csv.hpp"
#include "tlsrpt/render/render_json.hpp"

namespace mta_sts::cli {
namespace {

/// Prints the rows of one table as they come, below their head.
class CsvPrinter final : public tlsrpt::RowSink {
 public:
  CsvPrinter(Output& output, bool failures) : output_(output), failures_(failures) {}

  [[nodiscard]] bool has_rows() const { return has_rows_; }

  void head() { output_.text(failures_ ? tlsrpt::failure_csv_header() : tlsrpt::session_csv_header()); }
  void session(const tlsrpt::SessionRow& row) override {
    if (!failures_) {
      below_head();
      output_.text(tlsrpt::render_csv(row));
    }
  }
  void failure(const tlsrpt::FailureRow& row) override {
    if (failures_) {
      below_head();
      output_.text(tlsrpt::render_csv(row));
    }
  }

 private:
  void below_head() {
    if (!std::exchange(has_rows_, true)) {
      head();
    }
  }

  Output& output_;
  bool failures_;
  bool has_rows_ = false;
};

ExitCode print_csv(Output& output, tlsrpt::History& history, const TlsrptOptions& options,
                   const TlsrptQuery& query) {
  CsvPrinter printer(output, options.failures);
  if (const auto visited = history.visit(query.filter, printer); !visited) {
    return report_failure(output, visited.error());
  }
  if (printer.has_rows()) {
    return ExitCode::ok;
  }
  if (const auto known = require_known_domain(output, history, query.filter.domain); !known) {
    return known.error();
  }
  printer.head();
  return ExitCode::ok;
}

ExitCode run_show(Output& output, const TlsrptOptions& options) {
  const auto query = read_query(output, options);
  if (!query) {
    return ExitCode::wrong_use;
  }
  const auto history = open_history(output, options, tlsrpt::HistoryAccess::read);
  if (!history) {
    return history.error();
  }
  if (options.csv) {
    return print_csv(output, **history, options, *query);
  }
  const auto view = view_history(output, **history, query->filter);
  if (!view) {
    return view.error();
  }
  if (options.json) {
    output.line(render_summary_json(view->metrics, view->left_out, query->target));
  } else {
    output.text(
        render_text(view->metrics, view->left_out, text_options(view->metrics, *query), output.painter()));
    output.text((view->conflicts.empty() ? "" : "\n") + render_conflicts(view->conflicts));
  }
  return view->metrics.total.meets(query->target).value_or(true) ? ExitCode::ok : ExitCode::at_fault;
}

}  // namespace

void add_tlsrpt_show(Command tlsrpt, Session& session) {
  const auto declare = [](Command command, TlsrptOptions& options) {
    declare_view(command, options);
    Option json = command.flag("--json", options.json, "Print the summary as JSON");
    Option csv = command.flag("--csv", options.csv, "Print the sessions of every policy as CSV");
    csv.excludes(json);
    command.flag("--failures", options.failures, "The failures by type and host").needs(csv);
    command.footer(
        "Exit codes: 0 success, 1 the success rate misses the target (not with --csv), 2 usage error or "
        "unreadable\n"
        "history, 3 the history is busy, its disk is full or its server away.\n\n"
        "Examples:\n"
        "  mta-sts tlsrpt show --days 30\n"
        "  mta-sts tlsrpt show --since 2026-03-01 --domain example.com --csv > march.csv");
  };
  add_report_command(tlsrpt, session, "show", "Summarise the history", declare, run_show);
}

}  // namespace mta_sts::cli
