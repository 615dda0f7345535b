#include "cli/tlsrpt/tlsrpt_commands.hpp"

#include "cli/subcommands.hpp"

namespace mta_sts::cli {

void add_tlsrpt(Command app, Session& session) {
  Command command = app.subcommand(
      "tlsrpt", "Keep a history of TLS reports, alert about failures, and send reports of one's own");
  command.require_subcommand();
  command.footer(
      "The history is one SQLite file, or is in a PostgreSQL database. Add reports with 'tlsrpt import', "
      "from\n"
      "cron or by hand, as often as you like: each report counts once. See 'mta-sts tlsrpt SUBCOMMAND "
      "--help'.\n\n"
      "Exit codes: 0 success, 1 the target is missed (show), something is new or still wrong (alert), or "
      "a problem\n"
      "was found (send --check), 2 usage error or unreadable input, 3 the history is busy, its disk is full "
      "or "
      "its server\n"
      "away, another run is sending, or something could not be moved (import).");
  add_tlsrpt_import(command, session);
  add_tlsrpt_show(command, session);
  add_tlsrpt_html(command, session);
  add_tlsrpt_metrics(command, session);
  add_tlsrpt_alert(command, session);
  add_tlsrpt_prune(command, session);
  add_tlsrpt_sent(command, add_tlsrpt_send(command, session), session);
}

}  // namespace mta_sts::cli
