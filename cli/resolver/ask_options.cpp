#include "cli/resolver/ask_options.hpp"

#include <chrono>

namespace mta_sts::cli {

void add_ask_options(Command command, AskWords& words) {
  command.option("--socket PATH", words.socket, "Socket of the resolver")
      .show_default()
      .first_of_several();  // the resolver itself may have several
  command.option("--wait SECONDS", words.wait_seconds, "Time to wait for the resolver's answer")
      .show_default()
      .range(1U, 3600U);
}

ResolverAddress to_address(const AskWords& words) {
  return {.socket_path = words.socket, .wait = std::chrono::seconds(words.wait_seconds)};
}

}  // namespace mta_sts::cli
