#include "cli/resolver/ask_options.hpp"

#include "cli/number_range.hpp"
#include "cli/pch.hpp"

namespace mta_sts::cli {

void add_ask_options(CLI::App& command, AskWords& words) {
  command.add_option("--socket", words.socket, "socket of the resolver")
      ->capture_default_str()
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeFirst);  // the resolver itself may have several
  command.add_option("--wait", words.wait_seconds, "seconds to wait for its answer")
      ->capture_default_str()
      ->check(number_range(1U, 3600U));
}

ResolverAddress to_address(const AskWords& words) {
  return {.socket_path = words.socket, .wait = std::chrono::seconds(words.wait_seconds)};
}

}  // namespace mta_sts::cli
