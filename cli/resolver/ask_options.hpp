#pragma once

#include <string>

#include "verdict/resolver_client.hpp"

namespace CLI {
class App;
}

namespace mta_sts::cli {

/// The options of every subcommand that asks the resolver.
struct AskWords {
  std::string socket{default_resolver_socket};
  unsigned wait_seconds = 10;
};

/// Adds --socket and --wait.
void add_ask_options(CLI::App& command, AskWords& words);

[[nodiscard]] ResolverAddress to_address(const AskWords& words);

}  // namespace mta_sts::cli
