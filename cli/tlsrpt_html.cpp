#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/clock.hpp"
#include "base/utf8.hpp"
#include "tlsrpt/render_html.hpp"
#include "tlsrpt_commands.hpp"
#include "tlsrpt_history.hpp"

namespace mta_sts::cli {
namespace {

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    bytes.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
  }
  return true;
}

/// Writes a file beside its name and renames it: who reads the page meanwhile sees the old or the new one.
bool replace_file(const std::string& path, std::string_view bytes) {
  std::string beside = path + ".XXXXXX";
  const int file = ::mkstemp(beside.data());
  if (file < 0) {
    return false;
  }
  const bool is_written = write_all(file, bytes) && ::fchmod(file, 0644) == 0;
  const bool is_closed = ::close(file) == 0;
  if (is_written && is_closed && ::rename(beside.c_str(), path.c_str()) == 0) {
    return true;
  }
  const int error = errno;
  ::unlink(beside.c_str());
  errno = error;
  return false;
}

ExitCode run_html(Output& output, const TlsrptOptions& options, const CLI::App&) {
  const auto query = read_query(output, options);
  const auto history = query ? open_history(output, options, tlsrpt::HistoryAccess::existing) : nullptr;
  if (!history) {
    return ExitCode::wrong_use;
  }
  const auto view = view_history(output, *history, query->filter);
  if (!view) {
    return view.error();
  }
  const std::string page = tlsrpt::render_html({.metrics = view->metrics,
                                        .left_out = view->left_out,
                                        .target = query->target,
                                        .domain = query->filter.domain,
                                        .made = SystemClock().now()});
  const std::string path = options.folder + "/index.html";
  if ((::mkdir(options.folder.c_str(), 0755) != 0 && errno != EEXIST) || !replace_file(path, page)) {
    output.error(text::escape_for_display(path) + ": cannot be written: " + std::strerror(errno) +
                 " (output-unwritable)");
    return ExitCode::wrong_use;
  }
  output.line(text::escape_for_display(path));
  return ExitCode::ok;
}

}  // namespace

void add_tlsrpt_html(CLI::App& tlsrpt, Session& session) {
  const auto declare = [](CLI::App& command, TlsrptOptions& options) {
    declare_history(command, options);
    declare_query(command, options);
    command.add_option("-o,--output", options.folder, "the folder for index.html")
        ->type_name("DIR")
        ->required();
    command.add_option("--days", options.days, "the days up to today (or --until), instead of --since")
        ->type_name("N");
    command.footer(
        "One page without scripts that needs nothing else: open it from the folder, or serve it under a "
        "strict\n"
        "Content-Security-Policy.\n\n"
        "Example:\n"
        "  mta-sts tlsrpt html --days 365 -o /var/www/tlsrpt");
  };
  add_command<TlsrptOptions>(tlsrpt, session, "html", "make a page to look at", declare, run_html);
}

}  // namespace mta_sts::cli
