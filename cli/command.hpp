#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace mta_sts::cli {

/// What the subcommands share in one run of the program.
struct Session {
  Output output;
  std::vector<std::string> arguments;  ///< of the command line, without the program's name
  ExitCode exit_code = ExitCode::ok;   ///< set by the subcommand that ran
};

/// Adds a subcommand. `run` is called once the command line is read, with the options in the owned `Options`
/// that `declare` bound them to: add_command<LintOptions>(app, session, "lint", "…", declare, run).
template <typename Options, typename Declare, typename Run>
Command add_command(Command app, Session& session, const char* name, const char* description, Declare declare,
                    Run run) {
  Command command = app.subcommand(name, description);
  auto options = std::make_shared<Options>();
  declare(command, *options);
  command.on_run(
      [&session, options, command, run] { session.exit_code = run(session.output, *options, command); });
  return command;
}

}  // namespace mta_sts::cli
