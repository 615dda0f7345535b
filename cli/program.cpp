#include "cli/program.hpp"

#include "cli/subcommands.hpp"

namespace mta_sts::cli {

void declare_program(CommandLine& line, Session& session) {
  line.version("mta-sts " MTA_STS_VERSION);
  Command program = line.program();
  program.require_subcommand();
  program.footer(
      "Exit codes: 0 success, 1 problem found, 2 usage error or unreadable input, 3 temporary failure.\n"
      "See 'mta-sts SUBCOMMAND --help'.");
  for (const auto add : subcommands) {
    add(program, session);
  }
}

}  // namespace mta_sts::cli
