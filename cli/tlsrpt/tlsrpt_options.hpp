#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "tlsrpt/model/metrics.hpp"
#include "tlsrpt/render/render_text.hpp"

namespace mta_sts::cli {

/// The words that `report` and the `tlsrpt` subcommands share, as they were given.
struct TlsrptOptions {
  std::vector<std::string> files;
  std::string since;
  std::string until;
  std::string domain;
  std::string target = "99.9";
  std::string db = "/var/lib/mta-sts-tlsrpt/history.sqlite";
  unsigned days = 0;
  bool json = false;
  bool csv = false;
  bool failures = false;
  bool strict = false;
  bool quiet = false;
  bool expect_reports = false;
  std::string authserv_id;
  std::string before;
  std::string folder;
  std::string from_db;
};

/// What the words mean.
struct TlsrptQuery {
  tlsrpt::Filter filter;
  tlsrpt::Target target;
};

/// Declares --since, --until, --domain and --target.
void declare_query(Command command, TlsrptOptions& options);

/// Declares --db.
void declare_history(Command command, TlsrptOptions& options);

/// Declares --db, what declare_query() does, and --days.
void declare_view(Command command, TlsrptOptions& options);

/// Declares FILE, which it gives, --json, which `json` describes, --strict and --authserv-id.
Option declare_inputs(Command command, TlsrptOptions& options, const char* json);

/// Tells whether the words are such as can be used, whatever the subcommand; says on standard error why not.
[[nodiscard]] bool are_usable(Output& output, const TlsrptOptions& options, const Command& command);

/// Adds a subcommand that has these options. `run` is called as add_command() says, where they are usable.
template <typename Declare, typename Run>
void add_report_command(Command app, Session& session, const char* name, const char* description,
                        Declare declare, Run run) {
  add_command<TlsrptOptions>(app, session, name, description, declare,
                             [run](Output& output, const TlsrptOptions& options, const Command& command) {
                               return are_usable(output, options, command) ? run(output, options)
                                                                           : ExitCode::wrong_use;
                             });
}

/// Understands the words; tells what is wrong with them on standard error and gives nothing then. Of `days`
/// (0: no limit) the filter gets its first day where --since is not given.
[[nodiscard]] std::optional<TlsrptQuery> read_query(Output& output, const TlsrptOptions& options);

/// Says that no report is for the domain that was asked for: a word that is wrong, not a domain without
/// failures.
[[nodiscard]] Fault no_report_names(const std::string& domain);

/// Says that the server whose fields are trusted has said nothing of the mails that were read.
[[nodiscard]] std::string no_dkim_result(const std::string& authserv_id);

/// Names the domain in the commands that a summary proposes where there is only one.
[[nodiscard]] tlsrpt::TextOptions text_options(const tlsrpt::Metrics& metrics, const TlsrptQuery& query);

}  // namespace mta_sts::cli
