#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "cli/tlsrpt/tlsrpt_options.hpp"
#include "tlsrpt/history/history.hpp"

namespace mta_sts::cli {

/// Opens the history of the command line, or says on standard error why it cannot, and gives the exit code
/// of that.
[[nodiscard]] std::expected<std::unique_ptr<tlsrpt::History>, ExitCode> open_history(
    Output& output, const TlsrptOptions& options, tlsrpt::HistoryAccess access);

/// Gives the exit code of an error: temporary where the same command may work later, else wrong use.
[[nodiscard]] ExitCode exit_code_of(std::string_view word);

/// Says on standard error what went wrong with the history, and gives the exit code of it.
[[nodiscard]] ExitCode report_failure(Output& output, const tlsrpt::HistoryError& error);

/// What the history says of the days and the domain asked for.
struct HistoryView {
  tlsrpt::Metrics metrics;
  tlsrpt::LeftOut left_out;
  std::vector<tlsrpt::Conflict> conflicts;
};

/// Tells on standard error that no report of any day names the domain, and gives the exit code of that; an
/// empty domain is all of them.
[[nodiscard]] std::expected<void, ExitCode> require_known_domain(Output& output, tlsrpt::History& history,
                                                                 const std::string& domain);

/// Adds up what matches; tells and gives nothing where the history fails.
[[nodiscard]] std::expected<HistoryView, ExitCode> view_history(Output& output, tlsrpt::History& history,
                                                                const tlsrpt::Filter& filter);

/// The history as the options ask for it.
struct OpenedView {
  TlsrptQuery query;
  std::unique_ptr<tlsrpt::History> history;
  HistoryView view;
};

/// Understands the options, opens the history that is there and adds up what matches; or says on standard
/// error why not, and gives the exit code of it.
[[nodiscard]] std::expected<OpenedView, ExitCode> open_view(Output& output, const TlsrptOptions& options);

}  // namespace mta_sts::cli
