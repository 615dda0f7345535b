#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "cli/report/report_inputs.hpp"
#include "cli/report/tlsrpt_commands.hpp"
#include "cli/report/tlsrpt_history.hpp"
#include "tlsrpt/history/alert_memory.hpp"

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
    add(report);
  }

  /// Takes what another history keeps; false after an error.
  bool import_kept(const tlsrpt::KeptReport& kept) {
    if (!error_) {
      add(kept);
    }
    return !error_;
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
  template <typename Kind>
  void add(const Kind& report) {
    batch_.add(report);
    if (batch_.is_full()) {
      flush();
    }
  }

  tlsrpt::History& history_;
  std::chrono::sys_seconds now_;
  tlsrpt::ReportBatch batch_{batch_bytes};
  tlsrpt::ImportCounts counts_;
  std::optional<tlsrpt::HistoryError> error_;
};

void show(Output& output, const TlsrptOptions& options, const tlsrpt::ImportCounts& counts,
          const ReadingResult& read) {
  if (options.quiet && !options.json) {
    return;
  }
  if (options.json) {
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

// What an alert of the other history remembers goes on here, unless one has run here since.
tlsrpt::History::Result<void> copy_memory(const TlsrptOptions& options) {
  const auto from = tlsrpt::open_alert_memory(options.from_db, tlsrpt::HistoryAccess::read);
  if (!from) {
    return std::unexpected(from.error());
  }
  const auto to = tlsrpt::open_alert_memory(options.db, tlsrpt::HistoryAccess::existing);
  if (!to) {
    return std::unexpected(to.error());
  }
  const auto watches = (*from)->watches();
  if (!watches) {
    return std::unexpected(watches.error());
  }
  for (const tlsrpt::Watch& watch : *to ? *watches : std::vector<tlsrpt::Watch>()) {
    const auto state = (*from)->load(watch);
    const auto present = (*to)->load(watch);
    if (!state || !present) {
      return std::unexpected(state ? present.error() : state.error());
    }
    if (present->judged < state->judged) {
      if (auto saved = (*to)->save(watch, *state); !saved) {
        return saved;
      }
    }
  }
  return {};
}

// Moves to another history, or joins two of them. It can be done again and again, as every import.
ExitCode run_import_of_history(Output& output, const TlsrptOptions& options) {
  TlsrptOptions source = options;
  source.db = options.from_db;
  const auto from = open_history(output, source, tlsrpt::HistoryAccess::read);
  if (!from) {
    return from.error();
  }
  const auto to = open_history(output, options, tlsrpt::HistoryAccess::create);
  if (!to) {
    return to.error();
  }
  Importer importer(**to);
  const auto given =
      (*from)->give([&](const tlsrpt::KeptReport& kept) { return importer.import_kept(kept); });
  if (!given) {
    return report_failure(output, given.error());
  }
  importer.flush();
  if (importer.error()) {
    return report_failure(output, *importer.error());
  }
  if (const auto copied = copy_memory(options); !copied) {
    return report_failure(output, copied.error());
  }
  show(output, options, importer.counts(), {});
  return ExitCode::ok;
}

ExitCode run_import(Output& output, const TlsrptOptions& options) {
  if (!options.from_db.empty()) {
    return run_import_of_history(output, options);
  }
  if (options.files.empty()) {
    output.error(Fault{"usage-error", "FILE is required, or --from-db; see 'mta-sts tlsrpt import --help'"});
    return ExitCode::wrong_use;
  }
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
  show(output, options, importer.counts(), read);
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
    const Option files = declare_inputs(command, options, "Print the counts as JSON");
    command
        .option("--from-db FILE", options.from_db,
                "Import what another history keeps, such as a file into postgresql://USER@HOST/DATABASE")
        .excludes(files);
    command.flag("--quiet", options.quiet,
                 "Print no counts (except with --json), and do not name mails without a report: for cron");
    command.footer(
        "Reads what 'mta-sts report' reads. A report that is already in the history is skipped, so a whole "
        "mailbox can\n"
        "be imported again and again. With --from-db reports keep the time of their first import, "
        "conflicts are taken\n"
        "too, and alerts remember what they told.\n"
        "Exit codes: 0 success, 2 usage error, unreadable file or history, 3 the history is busy, its disk "
        "is "
        "full\nor its server away.\n\n"
        "Example:\n"
        "  mta-sts tlsrpt import --db ~/tls-reports.sqlite ~/Maildir\n"
        "  mta-sts tlsrpt import --from-db ~/tls-reports.sqlite --db "
        "postgresql://reports@db.example.net/mail");
  };
  add_report_command(tlsrpt, session, "import", "Add reports to the history", declare, run_import);
}

}  // namespace mta_sts::cli
