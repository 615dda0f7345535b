#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "cli/report/report_inputs.hpp"
#include "cli/report/tlsrpt_commands.hpp"
#include "cli/report/tlsrpt_history.hpp"

namespace mta_sts::cli {
namespace {

/// Reports put in by one transaction: few enough to hold in memory whatever their size, and enough for a
/// mailbox of many domains, one after the other, to touch each page of the history seldom.
constexpr std::size_t batch_bytes = 2U << 20;

/// Collects reports and puts them into the history by the batch. After an error it takes no more.
class Importer {
 public:
  explicit Importer(tlsrpt::History& history) : history_(history), now_(SystemClock().now()) {}

  void import_report(const tlsrpt::Report& report) {
    if (error_) {
      return;
    }
    batch_.add(report);
    if (batch_.is_full()) {
      flush();
    }
  }

  void flush() {
    if (error_ || batch_.empty()) {
      return;
    }
    if (const auto done = history_.import(batch_, now_)) {
      counts_.add(*done);
    } else {
      error_ = done.error();
    }
    batch_.clear();
  }

  [[nodiscard]] const tlsrpt::ImportCounts& counts() const { return counts_; }
  [[nodiscard]] const std::optional<tlsrpt::HistoryError>& error() const { return error_; }

 private:
  tlsrpt::History& history_;
  std::chrono::sys_seconds now_;
  tlsrpt::ReportBatch batch_{batch_bytes};
  tlsrpt::ImportCounts counts_;
  std::optional<tlsrpt::HistoryError> error_;
};

void show(Output& output, const tlsrpt::ImportCounts& counts, const ReadingResult& read, bool json) {
  if (json) {
    output.line(nlohmann::ordered_json{{"imported", counts.fresh},
                                       {"duplicates", counts.duplicates},
                                       {"conflicts", counts.conflicts},
                                       {"refused_files", read.refused}}
                    .dump());
    return;
  }
  output.line(tlsrpt::render_number(counts.fresh, "new report") + ", " +
              tlsrpt::render_number(counts.duplicates, "duplicate") + ", " +
              tlsrpt::render_number(counts.conflicts, "conflict") +
              (read.refused > 0
                   ? "; " + tlsrpt::render_number(read.refused, "file") + " refused in part or as a whole"
                   : ""));
}

ExitCode run_import(Output& output, const TlsrptOptions& options) {
  const auto history = open_history(output, options, tlsrpt::HistoryAccess::create);
  if (!history) {
    return history.error();
  }
  Importer importer(**history);
  bool has_judged = false;
  const ReadingResult read = read_report_files(output, options.files,
                                               {.begin = [](const ReportFile&) {},
                                                .report =
                                                    [&](const tlsrpt::Report& report) {
                                                      has_judged =
                                                          has_judged || is_judged(report.authentication);
                                                      importer.import_report(report);
                                                    },
                                                .end = [](const ReportFile&, const tlsrpt::InputResult&) {},
                                                .names_other_mail = !options.quiet,
                                                .authserv_id = options.authserv_id});
  importer.flush();
  if (importer.error()) {
    return report_failure(output, *importer.error());
  }
  if (!options.quiet || options.json) {
    show(output, importer.counts(), read, options.json);
  }
  // A name that is not the server's own would stay unnoticed; cron is to hear of it.
  if (read.has_mail && !has_judged && !options.authserv_id.empty()) {
    output.warning(no_dkim_result(options.authserv_id));
  }
  const bool has_failed = read.has_unreadable || (options.strict && read.refused > 0);
  return has_failed ? ExitCode::wrong_use : ExitCode::ok;
}

}  // namespace

void add_tlsrpt_import(Command tlsrpt, Session& session) {
  const auto declare = [](Command command, TlsrptOptions& options) {
    declare_history(command, options);
    declare_inputs(command, options, "Print the counts as JSON");
    command.flag("--quiet", options.quiet,
                 "Print no counts (except with --json), and do not name mails without a report: for cron");
    command.footer(
        "Reads what 'mta-sts report' reads. A report that is already in the history is skipped, so a whole "
        "mailbox can\n"
        "be imported again and again.\n"
        "Exit codes: 0 success, 2 usage error, unreadable file or history, 3 the history is busy or its disk "
        "is "
        "full.\n\n"
        "Example:\n"
        "  mta-sts tlsrpt import --db ~/tls-reports.sqlite ~/Maildir");
  };
  add_report_command(tlsrpt, session, "import", "Add reports to the history", declare, run_import);
}

}  // namespace mta_sts::cli
