#include <filesystem>
#include <string>
#include <system_error>

#include "base/clock.hpp"
#include "base/utf8.hpp"
#include "cli/tlsrpt/tlsrpt_commands.hpp"
#include "cli/tlsrpt/tlsrpt_history.hpp"
#include "file/replace_file.hpp"
#include "tlsrpt/render/render_html.hpp"

namespace mta_sts::cli {
namespace {

ExitCode run_html(Output& output, const TlsrptOptions& options) {
  const auto opened = open_view(output, options);
  if (!opened) {
    return opened.error();
  }
  tlsrpt::Breakdown breakdown(opened->view.metrics, tlsrpt::html_sections);
  if (const auto visited = opened->history->visit(opened->query.filter, breakdown); !visited) {
    return report_failure(output, visited.error());
  }
  const std::string page = tlsrpt::render_html({.metrics = opened->view.metrics,
                                                .breakdown = breakdown,
                                                .left_out = opened->view.left_out,
                                                .target = opened->query.target,
                                                .domain = opened->query.filter.domain,
                                                .made = SystemClock().now()});
  const std::string path = options.folder + "/index.html";
  std::error_code failed;
  std::filesystem::create_directories(options.folder, failed);
  if (failed) {
    const std::string shown = text::escape_for_display(options.folder);
    output.error(Fault{
        "output-unwritable",
        shown + ": cannot be created: " + failed.message() +
            (failed == std::errc::permission_denied ? "; run sudo install -d -o \"$USER\" " + shown : "")});
    return ExitCode::wrong_use;
  }
  if (const auto written = replace_file(path, page); !written) {
    output.error(written.error());
    return exit_code_of(written.error().word.text());
  }
  output.line(text::escape_for_display(path));
  return ExitCode::ok;
}

}  // namespace

void add_tlsrpt_html(Command tlsrpt, Session& session) {
  const auto declare = [](Command command, TlsrptOptions& options) {
    declare_view(command, options);
    command.option("-o,--output DIR", options.folder, "The folder for index.html, made if it is not there")
        .required();
    command.footer(
        "Writes one page without scripts or other files: open it in a browser, or serve it under a strict\n"
        "Content-Security-Policy.\n"
        "Exit codes: 0 success, 2 usage error, unreadable history or unwritable folder, 3 the history is "
        "busy, its\n"
        "disk is full or its server away.\n\n"
        "Example:\n"
        "  mta-sts tlsrpt html --days 365 -o /var/www/tlsrpt");
  };
  add_report_command(tlsrpt, session, "html", "Make an HTML page of the history", declare, run_html);
}

}  // namespace mta_sts::cli
