#include <nlohmann/json.hpp>

#include "cli/store/opened_store.hpp"
#include "cli/store/store_commands.hpp"
#include "policy/parse_policy.hpp"

namespace mta_sts::cli {
namespace {

using Json = nlohmann::ordered_json;

// A policy as the words that make it; one with fields that have no word as it is.
void add_policy(Json& object, const store::RecordView& record) {
  const auto policy = parse_policy(record.text, Reading::strict);
  if (policy && policy->extensions.empty()) {
    object["mode"] = to_string(policy->mode);
    if (!policy->mx.empty()) {
      object["mx"] = policy->mx;
    }
    object["max_age"] = policy->max_age_seconds;
  } else {
    object["policy"] = record.text;
  }
  if (record.serial != 0) {
    object["serial"] = record.serial;
  }
}

ExitCode run_store_export(Output& output, const StoreOptions& options, const Command&) {
  const auto opened = open_store(output, options);
  if (!opened) {
    return opened.error();
  }
  const auto write = [&output](const char* owner, std::string_view name, const store::RecordView& record) {
    Json object{{owner, name}};
    if (record.kind == store::RecordKind::policy) {
      add_policy(object, record);
    } else {
      object[to_string(record.kind)] = record.text;
    }
    output.line(object.dump(-1, ' ', true));
    return true;
  };
  auto done = store::for_each_record(
      opened->snapshot, opened->snapshot.profiles,
      [&](std::string_view name, const store::RecordView& record) { return write("profile", name, record); });
  if (done) {
    done = store::for_each_record(opened->snapshot, opened->snapshot.domains,
                                  [&](std::string_view name, const store::RecordView& record) {
                                    return write("domain", name, record);
                                  });
  }
  return done ? ExitCode::ok : report_store_error(output, done.error());
}

}  // namespace

void add_store_export(Command store, Session& session) {
  const auto declare = [](Command command, StoreOptions& options) {
    declare_store(command, options);
    command.footer(
        "Prints one JSON object per line for 'mta-sts store import': the profiles, then the domains in the "
        "order "
        "of their\n"
        "names. The history is not included: for a complete copy, copy the file while nothing is being "
        "stored.\n"
        "Exit codes: 0 success, 2 usage error or unreadable store, 3 the store is busy.\n\n"
        "Example:\n"
        "  mta-sts store export");
  };
  add_command<StoreOptions>(store, session, "export", "Print what is stored, for another import", declare,
                            run_store_export);
}

}  // namespace mta_sts::cli
