#pragma once

#include "cli/command.hpp"

namespace mta_sts::cli {

/// The name and the description of the program.
inline constexpr const char* program_name = "mta-sts";
inline constexpr const char* program_description =
    "MTA-STS (RFC 8461) and TLS-RPT (RFC 8460): publish, obey, check, report";

/// Declares the program with all of its subcommands, which run in `session`.
void declare_program(CommandLine& line, Session& session);

}  // namespace mta_sts::cli
