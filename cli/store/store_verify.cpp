#include "store/verify.hpp"

#include <nlohmann/json.hpp>

#include "base/number.hpp"
#include "cli/store/opened_store.hpp"
#include "cli/store/store_commands.hpp"

namespace mta_sts::cli {
namespace {

// A store that cannot be read as one is what verify looks for.
ExitCode report_unread(Output& output, const store::StoreError& error) {
  const ExitCode code = report_store_error(output, error);
  const bool is_damaged =
      error.code == store::StoreErrorCode::damaged || error.code == store::StoreErrorCode::cut;
  return is_damaged ? ExitCode::at_fault : code;
}

void show_verification(Output& output, const StoreOptions& options, const store::Verification& found) {
  if (options.json) {
    output.line(nlohmann::ordered_json{{"domains", found.domains},
                                       {"profiles", found.profiles},
                                       {"former", found.former},
                                       {"fault_count", found.fault_count},
                                       {"faults", found.faults}}
                    .dump(2, ' ', true));
    return;
  }
  for (const std::string& fault : found.faults) {
    output.line(fault);
  }
  output.line("domains: " + text::render_grouped(found.domains) +
              ", profiles: " + text::render_grouped(found.profiles) + ", former records: " +
              text::render_grouped(found.former) + ", faults: " + text::render_grouped(found.fault_count));
}

ExitCode run_store_verify(Output& output, const StoreOptions& options, const Command&) {
  const auto reader = store::StoreReader::open(options.path);
  if (!reader) {
    return report_unread(output, reader.error());
  }
  store::ReadSlot slot = (*reader)->slot();
  const auto snapshot = slot.begin();
  if (!snapshot) {
    return report_unread(output, snapshot.error());
  }
  const store::Verification found = store::verify(*snapshot);
  show_verification(output, options, found);
  if (found.fault_count == 0) {
    return ExitCode::ok;
  }
  output.error(to_string(store::StoreErrorCode::damaged),
               "import what can still be exported into a new store, or put a copy in its place");
  return ExitCode::at_fault;
}

}  // namespace

void add_store_verify(Command store, Session& session) {
  const auto declare = [](Command command, StoreOptions& options) {
    declare_store(command, options);
    command.flag("--json", options.json, "Print one JSON object with the counts and the first 100 faults");
    command.footer(
        "Reads every page and record and checks their order and checksums, that each policy is valid and has "
        "its "
        "id, and\n"
        "that the profile or domain that a domain refers to exists. Changes nothing.\n"
        "Exit codes: 0 success, 1 the store is damaged, 2 usage error or unreadable store, 3 the store is "
        "busy.\n\n"
        "Example:\n"
        "  mta-sts store verify");
  };
  add_command<StoreOptions>(store, session, "verify", "Check the store for damage", declare,
                            run_store_verify);
}

}  // namespace mta_sts::cli
