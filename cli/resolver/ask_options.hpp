#pragma once

#include <string>

#include "cli/command_line.hpp"
#include "verdict/resolver_client.hpp"

namespace mta_sts::cli {

/// The options of every subcommand that asks the resolver.
struct AskWords {
  std::string socket{default_resolver_socket};
  unsigned wait_seconds = 10;
};

/// Adds --socket and --wait.
void add_ask_options(Command command, AskWords& words);

[[nodiscard]] ResolverAddress to_address(const AskWords& words);

}  // namespace mta_sts::cli
