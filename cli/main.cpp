#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/utf8.hpp"
#include "cli/command.hpp"
#include "cli/subcommands.hpp"

namespace mta_sts::cli {
namespace {

/// A file or socket that is opened must never become descriptor 0, 1 or 2: messages would be written into it.
void hold_standard_descriptors() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) == -1) {
      static_cast<void>(::open("/dev/null", O_RDWR));
    }
  }
}

/// What our libraries read from the environment by themselves: a file for the keys of TLS, other trusted
/// roots, other DNS servers, engines. An option or nothing changes what this command believes.
constexpr std::array<std::string_view, 11> library_variables{
    "SSL",         "OPENSSL",     "CURL",  "CTLOG_FILE", "QLOGDIR", "RES_OPTIONS",
    "LOCALDOMAIN", "HOSTALIASES", "CARES", "SQLITE",     "UV_"};

void drop_library_variables() {
  std::vector<std::string> names;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::string_view name = text.substr(0, text.find('='));
    if (name.ends_with("_proxy") || name.ends_with("_PROXY") ||
        std::ranges::any_of(library_variables,
                            [&](std::string_view prefix) { return name.starts_with(prefix); })) {
      names.emplace_back(name);
    }
  }
  for (const std::string& name : names) {
    ::unsetenv(name.c_str());
  }
}

/// A slip in an option or a subcommand's name is the cause, not what is missing because of it.
std::string unknown_word(const CLI::App& app) {
  for (const std::string& word : app.remaining()) {
    if (word.size() > 1 && word.starts_with('-')) {
      return "unknown option " + word;
    }
  }
  const std::vector<std::string> words = app.remaining();
  const bool wants_subcommand = app.get_require_subcommand_min() > 0 && app.get_subcommands().empty();
  return wants_subcommand && !words.empty() ? "unknown subcommand " + words.front() : "";
}

/// Says why the command line is wrong, in one line, and where the help is.
ExitCode refuse(Session& session, const CLI::App& app, const CLI::ParseError& error) {
  std::string command = "mta-sts";
  std::string fault = unknown_word(app);
  const CLI::App* place = &app;
  while (!place->get_subcommands().empty()) {
    place = place->get_subcommands().front();
    command += " " + place->get_name();
    if (fault.empty()) {
      fault = unknown_word(*place);
    }
  }
  if (fault.empty()) {
    fault = error.what();
  }
  session.output.error(text::escape_for_display(fault) + "; see '" + command + " --help'");
  return ExitCode::wrong_use;
}

ExitCode run(int argc, char** argv) {
  Session session;
  session.arguments.assign(argv + std::min(argc, 1), argv + argc);
  CLI::App app("MTA-STS (RFC 8461) and TLS-RPT (RFC 8460): publish, check, look up.", "mta-sts");
  app.set_version_flag("--version", "mta-sts " MTA_STS_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 as wished, 1 the thing looked at is at fault, 2 wrong use or unreadable input,\n"
      "3 a temporary failure. 'mta-sts SUBCOMMAND --help' tells more.");
  for (const auto add : subcommands) {
    add(app, session);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wished) {  // --help and --version
    app.exit(wished);
  } catch (const CLI::ParseError& error) {
    return refuse(session, app, error);
  }
  if (!session.output.finish()) {
    session.output.error("the output could not be written (output-unwritable)");
    return worse(session.exit_code, ExitCode::temporary);
  }
  return session.exit_code;
}

}  // namespace
}  // namespace mta_sts::cli

int main(int argc, char** argv) {
  mta_sts::cli::hold_standard_descriptors();
  try {
    mta_sts::cli::drop_library_variables();
    return static_cast<int>(mta_sts::cli::run(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mta-sts: error: %s\n", error.what());
  }
  return static_cast<int>(mta_sts::cli::ExitCode::temporary);
}
