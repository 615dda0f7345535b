#include <string>

#include "cli/store/store_commands.hpp"
#include "cli/store/sync_run.hpp"
#include "postgres/postgres.hpp"

namespace mta_sts::cli {
namespace {

ExitCode run_store_sync(Output& output, const SyncOptions& options, const Command&) {
  if (options.store.json && !options.once) {
    output.error(Fault{"usage-error", "--json needs --once; see 'mta-sts store sync --help'"});
    return ExitCode::wrong_use;
  }
  if (options.once) {
    return sync_once(output, options);
  }
  sync_on(options);
}

}  // namespace

void add_store_sync(Command store, Session& session) {
  const auto declare = [](Command command, SyncOptions& options) {
    command
        .option("--from DATABASE", options.from,
                "Where the table is, as libpq has it: postgresql://USER@HOST/DATABASE or service=NAME")
        .required()
        .check(postgres::fault_of_connection_string);
    declare_store(command, options.store);
    const Option once = command.flag("--once", options.once, "Compare all rows once, and end");
    command.flag("--dry-run", options.dry_run, "Print what would change, and change nothing").needs(once);
    command
        .flag("--allow-removals", options.allow_removals,
              "Withdraw all domains that the table lacks, however many")
        .needs(once);
    command.flag("--json", options.store.json, "Print the counts as one JSON object").needs(once);
    command
        .option("--every SECONDS", options.every_seconds, "Time from one comparison of all rows to the next")
        .show_default()
        .range(1U, 86400U);
    command.option("--timeout SECONDS", options.timeout_seconds, "Time for which the database may be silent")
        .show_default()
        .range(2U, 600U);
    command.option("--metrics FILE", options.metrics, "Write metrics for node_exporter's textfile collector");
    command.option("--log-level LEVEL", options.log_level, "Lowest level that is logged")
        .show_default()
        .one_of({"debug", "info", "warning", "error"});
    command.footer(
        "Keeps the store equal to a table in PostgreSQL 13 or later, which mta-sts-store.sql makes. A change "
        "is stored as\n"
        "soon as the database tells of it. All rows are compared at the start, after each failure, and from "
        "time to time.\n"
        "Runs in the foreground until it is ended; while the database is away the store stays as it is. A "
        "row "
        "that is at\n"
        "fault is logged, and its domain keeps what it has. A domain that the table lacks gets mode none, "
        "and "
        "leaves the\n"
        "store once no sender can hold another policy of it.\n"
        "Exit codes: 0 the store is equal to the table (--once), 1 rows or removals were refused, 2 usage "
        "error,\n"
        "unreadable store or table, 3 the database cannot be reached, the store is busy or its disk is "
        "full.\n\n"
        "Examples:\n"
        "  mta-sts store sync --from postgresql://node@db.example.net/panel\n"
        "  mta-sts store sync --from service=panel --once --dry-run");
  };
  add_command<SyncOptions>(store, session, "sync", "Keep the store equal to a table in PostgreSQL", declare,
                           run_store_sync);
}

}  // namespace mta_sts::cli
