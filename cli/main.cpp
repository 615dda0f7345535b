#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "cli/broken_pipe.hpp"
#include "cli/program.hpp"

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

ExitCode run(int argc, char** argv) {
  Session session;
  session.arguments.assign(argv + std::min(argc, 1), argv + argc);
  CommandLine line(program_description, program_name);
  declare_program(line, session);
  if (const auto read = line.read(session.arguments); !read) {
    session.output.error(read.error());
    return ExitCode::wrong_use;
  }
  if (!session.output.finish()) {
    session.output.error(Fault{"output-unwritable", "the output could not be written"});
    return worse(session.exit_code, ExitCode::temporary);
  }
  return session.exit_code;
}

}  // namespace
}  // namespace mta_sts::cli

int main(int argc, char** argv) {
  mta_sts::cli::hold_standard_descriptors();
  mta_sts::cli::outlive_broken_pipes();
  try {
    mta_sts::cli::drop_library_variables();
    return static_cast<int>(mta_sts::cli::run(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mta-sts: error: internal-error: %s\n", error.what());
  }
  return static_cast<int>(mta_sts::cli::ExitCode::temporary);
}
