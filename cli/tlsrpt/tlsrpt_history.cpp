#include "cli/tlsrpt/tlsrpt_history.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "base/utf8.hpp"

namespace mta_sts::cli {
namespace {

constexpr std::size_t conflicts_shown = 10;

/// Adds rows up.
class Adder final : public tlsrpt::RowSink {
 public:
  explicit Adder(tlsrpt::Metrics& metrics) : metrics_(metrics) {}
  void session(const tlsrpt::SessionRow& row) override { metrics_.add(row); }
  void failure(const tlsrpt::FailureRow& row) override { metrics_.add(row); }

 private:
  tlsrpt::Metrics& metrics_;
};

// What there is in place of a history that can be opened: SQLite's own words are of a disk or a database.
std::optional<std::string> why_of_existing(const std::filesystem::path& path) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) {
    return "it is a folder; name a file with --db";
  }
  return ::access(path.c_str(), R_OK) == 0 ? std::nullopt
                                           : std::optional<std::string>("this user may not read it");
}

// Why a history could not be opened, where that is a matter of the file and its folder: what to do depends
// on it.
std::optional<std::string> why_unavailable(const std::filesystem::path& path, tlsrpt::HistoryAccess access) {
  const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
  if (::access(path.c_str(), F_OK) == 0) {
    return why_of_existing(path);
  }
  if (access != tlsrpt::HistoryAccess::create && ::access(folder.c_str(), X_OK) == 0) {
    return "there is no history yet; import reports with mta-sts tlsrpt import, or name its file with --db";
  }
  if (::access(folder.c_str(), W_OK | X_OK) == 0) {
    return std::nullopt;
  }
  if (::access(folder.c_str(), F_OK) == 0) {
    return "this user may not use its folder; name a file in a folder of your own with --db";
  }
  return "its folder does not exist; run sudo install -d -o \"$USER\" " + text::escape_for_display(folder) +
         ", or name a file in a folder of your own with --db";
}

}  // namespace

ExitCode exit_code_of(std::string_view word) {
  constexpr std::array<std::string_view, 9> temporary = {
      "history-busy", "history-unreachable", "history-full", "output-full", "tally-busy",
      "tally-full",   "queue-busy",          "queue-full",   "queue-locked"};
  return std::ranges::find(temporary, word) != temporary.end() ? ExitCode::temporary : ExitCode::wrong_use;
}

ExitCode report_failure(Output& output, const tlsrpt::HistoryError& error) {
  output.error(to_string(error.code), error.detail);
  return exit_code_of(to_string(error.code));
}

std::expected<std::unique_ptr<tlsrpt::History>, ExitCode> open_history(Output& output,
                                                                       const TlsrptOptions& options,
                                                                       tlsrpt::HistoryAccess access) {
  auto history = tlsrpt::open_history(options.db, access);
  if (!history) {
    tlsrpt::HistoryError error = history.error();
    const bool is_of_file =
        error.code == tlsrpt::HistoryErrorCode::unavailable && !tlsrpt::is_server_address(options.db);
    const auto why = is_of_file ? why_unavailable(options.db, access) : std::nullopt;
    if (why) {
      error.detail = text::escape_for_display(options.db) + ": " + *why;
    }
    return std::unexpected(report_failure(output, error));
  }
  return std::move(*history);
}

std::expected<void, ExitCode> require_known_domain(Output& output, tlsrpt::History& history,
                                                   const std::string& domain) {
  if (domain.empty()) {
    return {};
  }
  tlsrpt::Metrics metrics;
  Adder adder(metrics);
  if (const auto visited = history.visit({.domain = domain}, adder); !visited) {
    return std::unexpected(report_failure(output, visited.error()));
  }
  if (metrics.reports == 0) {
    output.error(no_report_names(domain));
    return std::unexpected(ExitCode::wrong_use);
  }
  return {};
}

std::expected<HistoryView, ExitCode> view_history(Output& output, tlsrpt::History& history,
                                                  const tlsrpt::Filter& filter) {
  HistoryView view;
  Adder adder(view.metrics);
  if (const auto visited = history.visit(filter, adder); !visited) {
    return std::unexpected(report_failure(output, visited.error()));
  }
  if (view.metrics.reports == 0) {
    if (const auto known = require_known_domain(output, history, filter.domain); !known) {
      return std::unexpected(known.error());
    }
  }
  const auto count = history.count_conflicts(filter);
  auto conflicts = history.conflicts(filter, conflicts_shown);
  if (!count || !conflicts) {
    return std::unexpected(report_failure(output, count ? conflicts.error() : count.error()));
  }
  view.left_out.conflicts = *count;
  view.conflicts = std::move(*conflicts);
  return view;
}

std::expected<OpenedView, ExitCode> open_view(Output& output, const TlsrptOptions& options) {
  auto query = read_query(output, options);
  if (!query) {
    return std::unexpected(ExitCode::wrong_use);
  }
  auto history = open_history(output, options, tlsrpt::HistoryAccess::read);
  if (!history) {
    return std::unexpected(history.error());
  }
  auto view = view_history(output, **history, query->filter);
  if (!view) {
    return std::unexpected(view.error());
  }
  return OpenedView{.query = *std::move(query), .history = *std::move(history), .view = *std::move(view)};
}

}  // namespace mta_sts::cli
