#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/utf8.hpp"
#include "cli/report/report_inputs.hpp"
#include "cli/subcommands.hpp"
#include "cli/tlsrpt/tlsrpt_options.hpp"
#include "tlsrpt/model/duplicates.hpp"
#include "tlsrpt/render/render_json.hpp"

namespace mta_sts::cli {
namespace {

using tlsrpt::Duplicates;
using tlsrpt::Metrics;
using tlsrpt::Novelty;

/// Prints one entry a file, each report as it is read: memory stays flat however many there are.
class JsonPrinter {
 public:
  explicit JsonPrinter(Output& output) : output_(output) { output_.text("{\"files\":["); }

  void begin(const ReportFile& file) {
    output_.text(std::exchange(has_files_, true) ? ",\n" : "\n");
    output_.text("{\"file\":" + tlsrpt::render_json_text(file.name()) + ",\"reports\":[");
    has_reports_ = false;
  }
  void report(const tlsrpt::Report& report) {
    output_.text(std::exchange(has_reports_, true) ? "," : "");
    output_.text(tlsrpt::render_report_json(report));
  }
  void end(const tlsrpt::InputResult& result) {
    output_.text("]," + tlsrpt::render_input_json(result) + "}");
  }
  void summary(const std::string& summary) { output_.line("\n],\n\"summary\":" + summary + "}"); }

 private:
  Output& output_;
  bool has_files_ = false;
  bool has_reports_ = false;
};

void show_text(Output& output, const Metrics& metrics, const Duplicates& duplicates,
               const ReadingResult& read, const TlsrptOptions& options, const TlsrptQuery& query) {
  output.text(render_text(metrics, duplicates.left_out(), text_options(metrics, query), output.painter()));
  output.text((duplicates.conflicts().empty() ? "" : "\n") + render_conflicts(duplicates.conflicts()));
  if (!read.quirks.empty()) {
    output.line("\n" + output.paint(Colour::bold, "Oddities of these reports"));
    for (const tlsrpt::Quirk quirk : read.quirks.words()) {
      output.line("  " + std::string(to_string(quirk)) + ": " + std::string(explain(quirk)));
    }
  }
  if (read.has_mail && !metrics.authentication.has_judged()) {  // R141
    output.line(options.authserv_id.empty()
                    ? "\nDKIM signatures of report mails are not checked here: let the mail server refuse "
                      "reports without a valid one, or trust what it says of them with --authserv-id."
                    : "\n" + no_dkim_result(options.authserv_id) + ".");
  }
}

ExitCode exit_code(const Metrics& metrics, const ReadingResult& read, const TlsrptOptions& options,
                   const TlsrptQuery& query) {
  if (read.unreadable > 0 || read.reports == 0 || (options.strict && read.refused > 0)) {
    return ExitCode::wrong_use;
  }
  return metrics.total.meets(query.target).value_or(true) ? ExitCode::ok : ExitCode::at_fault;
}

// The recipients' domains that reports name, on whatever day.
void note_domains(const tlsrpt::Report& report, std::set<std::string>& domains) {
  for (const tlsrpt::PolicyReport& policy : report.policies) {
    if (domains.size() < Metrics::table_limit) {
      domains.insert(policy.counted_domain);
    }
  }
}

ExitCode run_report(Output& output, const TlsrptOptions& options) {
  const auto query = read_query(output, options);
  if (!query) {
    return ExitCode::wrong_use;
  }
  Metrics metrics;
  Duplicates duplicates;
  std::set<std::string> domains;
  std::optional<JsonPrinter> json;
  if (options.json) {
    json.emplace(output);
  }
  const ReadingResult read =
      read_report_files(output, options.files,
                        {.begin = [&](const ReportFile& file) { json ? json->begin(file) : void(); },
                         .report =
                             [&](tlsrpt::Report&& report) {
                               if (duplicates.judge(report) == Novelty::fresh) {
                                 metrics.add(report, query->filter);
                               }
                               note_domains(report, domains);
                               json ? json->report(report) : void();
                             },
                         .end = [&](const ReportFile&,
                                    const tlsrpt::InputResult& result) { json ? json->end(result) : void(); },
                         .authserv_id = options.authserv_id});
  const bool is_unknown = read.reports > 0 && metrics.reports == 0 && !query->filter.domain.empty() &&
                          !domains.contains(query->filter.domain);
  if (is_unknown) {
    output.error(no_report_names(query->filter.domain));
  }
  if (json) {
    json->summary(render_summary_json(metrics, duplicates.left_out(), query->target));
  } else if (read.reports > 0) {
    show_text(output, metrics, duplicates, read, options, *query);
  } else {
    output.error(Fault{"no-report", "none of the files is a TLS report"});
  }
  return is_unknown ? ExitCode::wrong_use : exit_code(metrics, read, options, *query);
}

}  // namespace

void add_report(Command app, Session& session) {
  const auto declare = [](Command command, TlsrptOptions& options) {
    declare_query(command, options);
    declare_inputs(command, options, "Print one JSON object").required();
    command.footer(
        "Takes plain JSON, gzip, bzip2, lz4, xz, zstd, zip, tar, whole mails, mbox files, Maildirs and "
        "folders,\n"
        "recognised by content.\n"
        "A file that cannot be used is named with its E_ word; the others are still read.\n"
        "Exit codes: 0 success, 1 the success rate misses the target, 2 usage error, a file could not be "
        "read "
        "or no report\n"
        "was found.\n\n"
        "Examples:\n"
        "  mta-sts report tls-report.json\n"
        "  mta-sts report ~/Maildir\n"
        "  mta-sts report --since 2026-03-01 --domain example.com reports/*.json.gz\n"
        "  cat report.eml | mta-sts report --json -");
  };
  add_report_command(app, session, "report", "Read TLS reports and summarise them", declare, run_report);
}

}  // namespace mta_sts::cli
