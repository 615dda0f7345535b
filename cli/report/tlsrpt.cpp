#include "cli/report/tlsrpt_commands.hpp"

#include "cli/subcommands.hpp"

namespace mta_sts::cli {

void add_tlsrpt(Command app, Session& session) {
  Command command = app.subcommand(
      "tlsrpt", "Keep a history of TLS reports, alert about failures, and send reports of one's own");
  command.require_subcommand();
  command.footer(
      "The history is one SQLite file, or in a database of PostgreSQL. Add reports with 'tlsrpt import', "
      "from\n"
      "cron or by hand, as often as you like: each report counts once. See 'mta-sts tlsrpt SUBCOMMAND "
      "--help'.\n\n"
      "Exit codes: 0 success, 1 the target is missed (show), or something is new or still wrong (alert), "
      "2 usage error\n"
      "or unreadable input, 3 the history is busy, its disk is full or its server away.");
  add_tlsrpt_import(command, session);
  add_tlsrpt_show(command, session);
  add_tlsrpt_html(command, session);
  add_tlsrpt_metrics(command, session);
  add_tlsrpt_alert(command, session);
  add_tlsrpt_prune(command, session);
  add_tlsrpt_sent(command, add_tlsrpt_send(command, session), session);
}

}  // namespace mta_sts::cli
