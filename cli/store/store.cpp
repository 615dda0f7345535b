// mta-sts store: the policies of many domains, for the web servers.
#include "cli/store/store_commands.hpp"
#include "cli/subcommands.hpp"

namespace mta_sts::cli {

void add_store(Command app, Session& session) {
  Command command = app.subcommand("store", "Keep the policies of many domains in one file");
  command.require_subcommand();
  command.footer(
      "A domain has its own policy, or the policy of a profile, which many domains share, or is an alias of "
      "another\n"
      "domain. Former policies are kept with their times. See 'mta-sts store SUBCOMMAND --help'.\n\n"
      "Exit codes: 0 success, 1 a policy, line or name is at fault, 2 usage error, unreadable input or "
      "store, "
      "3 the store\n"
      "is busy or its disk is full.");
  add_store_set(command, session);
  add_store_get(command, session);
  add_store_remove(command, session);
  add_store_list(command, session);
  add_store_profile(command, session);
  add_store_import(command, session);
  add_store_export(command, session);
  add_store_sync(command, session);
  add_store_verify(command, session);
}

}  // namespace mta_sts::cli
