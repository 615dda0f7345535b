#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "base/clock.hpp"
#include "cli/import/folder_intake.hpp"
#include "cli/import/history_intake.hpp"
#include "cli/import/import_metrics.hpp"
#include "cli/import/import_pass.hpp"
#include "cli/import/import_text.hpp"
#include "cli/import/import_watch.hpp"
#include "cli/import/mailbox_intake.hpp"
#include "cli/tlsrpt/tlsrpt_commands.hpp"
#include "cli/tlsrpt/tlsrpt_history.hpp"

namespace mta_sts::cli {
namespace {

bool tell_wrong_use(Output& output, const std::string& detail) {
  output.error(Fault{"usage-error", detail + "; see 'mta-sts tlsrpt import --help'"});
  return false;
}

bool fit_together(Output& output, const ImportOptions& options) {
  if (!options.common.from_db.empty()) {
    const bool is_alone = options.imap.empty() && !options.watch && options.move_to.empty() &&
                          options.others_to.empty() && options.metrics.empty();
    return is_alone ||
           tell_wrong_use(
               output, "--from-db goes with none of --imap, --watch, --move-to, --others-to and --metrics");
  }
  const bool has_mailbox = !options.imap.empty();
  const auto& files = options.common.files;
  if (has_mailbox != files.empty()) {
    return tell_wrong_use(
        output, has_mailbox ? "FILE and --imap exclude each other"
                            : "FILE is required, or a mailbox with --imap, or a history with --from-db");
  }
  const auto is_no_folder = [](const std::string& file) {
    std::error_code unknown;
    return file == "-" || std::filesystem::is_regular_file(file, unknown);
  };
  if (options.watch && std::ranges::any_of(files, is_no_folder)) {
    return tell_wrong_use(output, "--watch takes folders or --imap, not files or standard input");
  }
  if (options.watch && options.common.json) {
    return tell_wrong_use(output, "--watch and --json exclude each other");
  }
  return true;
}

/// Reads files that stay where they are.
PassResult read_in_place(Output& output, const ImportOptions& options, tlsrpt::History& history) {
  Importer importer(history);
  PassResult pass;
  pass.read = read_report_files(output, options.common.files,
                                {.begin = [](const ReportFile&) {},
                                 .report =
                                     [&](const tlsrpt::Report& report) {
                                       pass.has_judged = pass.has_judged || is_judged(report.authentication);
                                       importer.import_report(report);
                                     },
                                 .end = [&](const ReportFile&, const tlsrpt::InputResult&) { ++pass.inputs; },
                                 .names_other_mail = !options.common.quiet,
                                 .authserv_id = options.common.authserv_id,
                                 .progress = progress_of(options)});
  if (!importer.flush()) {
    pass.failure = report_failure(output, *importer.error());
  }
  pass.counts = importer.counts();
  pass.left.unreadable = pass.read.unreadable;
  return pass;
}

PassResult fail_pass(Output& output, const Fault& fault) {
  output.error(fault);
  PassResult pass;
  pass.failure = ExitCode::wrong_use;
  return pass;
}

/// Reads what is put away once it is in the history.
PassResult read_and_move(Output& output, const ImportOptions& options, tlsrpt::History& history) {
  StopSignal stop;
  const ImportSurroundings surroundings{
      .output = output, .options = options, .stop = stop, .alive = [] {}, .retry = {}};
  PassResult pass;
  if (!options.imap.empty()) {
    auto mailbox = MailboxIntake::open(surroundings);
    pass = mailbox ? mailbox->import(history) : fail_pass(output, mailbox.error());
  } else {
    auto folders = FolderIntake::open(surroundings);
    pass = folders ? folders->import(history, folders->look()) : fail_pass(output, folders.error());
  }
  if (stop.has_come() && !pass.failure) {
    pass.failure = ExitCode::temporary;
  }
  return pass;
}

ExitCode run_import(Output& output, const ImportOptions& options, const Command& command) {
  if (!are_usable(output, options.common, command) || !fit_together(output, options)) {
    return ExitCode::wrong_use;
  }
  if (!options.common.from_db.empty()) {
    return import_history(output, options);
  }
  if (options.watch) {
    StopSignal stop;
    return watch_imports(output, options, stop);
  }
  const auto history = open_history(output, options.common, tlsrpt::HistoryAccess::create);
  if (!history) {
    return history.error();
  }
  const bool stays = options.imap.empty() && options.move_to.empty() && options.others_to.empty();
  const PassResult pass =
      stays ? read_in_place(output, options, **history) : read_and_move(output, options, **history);
  if (pass.failure) {
    return *pass.failure;
  }
  if (options.common.json) {
    output.line(to_json(pass));
  } else if (!options.common.quiet) {
    output.line(to_sentence(pass));
  }
  // A name that is not the server's own would stay unnoticed; cron is to hear of it.
  if (pass.read.has_mail && !pass.has_judged && !options.common.authserv_id.empty()) {
    output.warning(no_dkim_result(options.common.authserv_id));
  }
  if (!options.metrics.empty()) {
    ImportMetrics metrics;
    metrics.add(pass);
    if (const auto written = metrics.write(options.metrics, SystemClock().now()); !written) {
      output.error(written.error());
      return exit_code_of(written.error().word.text());
    }
  }
  if (pass.read.unreadable > 0 || (options.common.strict && pass.read.refused > 0)) {
    return ExitCode::wrong_use;
  }
  return pass.unmoved > 0 ? ExitCode::temporary : ExitCode::ok;
}

void declare_mailbox(Command command, ImportOptions& options) {
  const Option imap =
      command.option("--imap URL", options.imap,
                     "Read a mailbox in place of files: imaps://USER@HOST/MAILBOX, or imap:// for STARTTLS");
  command
      .option("--imap-password-file FILE", options.imap_password_file,
              "File whose first line is the password; only its owner and group may read it")
      .needs(imap);
  command.option("--imap-ca FILE", options.imap_ca, "Trusted roots for the mail server's certificate, PEM")
      .show_default();
  command
      .option("--imap-timeout SECONDS", options.imap_timeout_seconds,
              "Time for which the mail server may be silent")
      .show_default()
      .range(1U, 600U);
}

}  // namespace

void add_tlsrpt_import(Command tlsrpt, Session& session) {
  const auto declare = [](Command command, ImportOptions& options) {
    declare_history(command, options.common);
    const Option files = declare_inputs(command, options.common, "Print the counts as JSON");
    declare_mailbox(command, options);
    command
        .option("--from-db FILE", options.common.from_db,
                "Import another history: its file, or postgresql://USER@HOST/DATABASE")
        .excludes(files);
    command.option(
        "--move-to PLACE", options.move_to,
        "Move what brought a report to this folder (with --imap: mailbox) once it is in the history; "
        "made if missing");
    command.option("--others-to PLACE", options.others_to,
                   "Move what brought no report to this folder or mailbox");
    const Option watch =
        command.flag("--watch", options.watch, "Stay, and import what comes into the folders or the mailbox");
    command.option("--every SECONDS", options.every_seconds, "Time between two looks at everything")
        .show_default()
        .range(1U, 86400U)
        .needs(watch);
    command.option("--metrics FILE", options.metrics, "Write metrics for node_exporter's textfile collector");
    command.flag("--progress", options.progress, "Show progress even if standard error is no terminal");
    command.flag("--quiet", options.common.quiet,
                 "Print no counts (except with --json), and do not name mails without a report: for cron");
    command.footer(
        "Reads what 'mta-sts report' reads. A report that is already in the history is skipped, so a whole "
        "mailbox can\n"
        "be imported again and again. With --from-db reports keep the time of their first import, "
        "conflicts are taken\n"
        "too, and alerts remember what they told.\n"
        "With --imap, mails that stay get the flag $MtaStsRead and are not read again.\n"
        "With --watch it runs in the foreground until SIGTERM; a history that is busy and a mail server that "
        "is away are\n"
        "waited for.\n"
        "Exit codes: 0 success, 2 usage error, unreadable file or history, mail server that refuses, 3 the "
        "history is busy,\n"
        "its disk is full, the mail server cannot be reached, or something could not be moved.\n\n"
        "Examples:\n"
        "  mta-sts tlsrpt import --db ~/tls-reports.sqlite ~/Maildir\n"
        "  mta-sts tlsrpt import --from-db ~/tls-reports.sqlite --db "
        "postgresql://reports@db.example.net/mail\n"
        "  mta-sts tlsrpt import --watch --move-to /var/spool/mta-sts/imported /var/spool/mta-sts/reports\n"
        "  mta-sts tlsrpt import --imap imaps://reports@mail.example.com --imap-password-file "
        "/etc/mta-sts/imap \\\n"
        "    --move-to Imported");
  };
  add_command<ImportOptions>(tlsrpt, session, "import", "Add reports to the history", declare, run_import);
}

}  // namespace mta_sts::cli
