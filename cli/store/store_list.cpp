#include <nlohmann/json.hpp>

#include "cli/store/opened_store.hpp"
#include "cli/store/store_commands.hpp"

namespace mta_sts::cli {
namespace {

using Json = nlohmann::ordered_json;

void list_domain(Output& output, const StoreOptions& options, std::string_view domain,
                 const store::RecordView& record) {
  const bool is_policy = record.kind == store::RecordKind::policy;
  if (options.hosts) {
    output.line("mta-sts." + std::string(domain));
  } else if (options.json) {
    Json object{{"domain", domain}, {"kind", to_string(record.kind)}};
    object["of"] = is_policy ? Json() : Json(record.text);
    object["mode"] = is_policy ? Json(to_string(record.mode)) : Json();
    object["id"] = is_policy ? Json(record.id) : Json();
    output.line(object.dump(-1, ' ', true));
  } else {
    output.line(std::string(domain) + " " + std::string(to_string(record.kind)) + " " +
                (is_policy ? std::string(to_string(record.mode)) + " " + std::string(record.id)
                           : std::string(record.text)));
  }
}

ExitCode run_store_list(Output& output, const StoreOptions& options, const Command&) {
  const auto opened = open_store(output, options);
  if (!opened) {
    return opened.error();
  }
  const auto listed = store::for_each_record(opened->snapshot, opened->snapshot.domains,
                                             [&](std::string_view domain, const store::RecordView& record) {
                                               list_domain(output, options, domain, record);
                                               return true;
                                             });
  return listed ? ExitCode::ok : report_store_error(output, listed.error());
}

}  // namespace

void add_store_list(Command store, Session& session) {
  const auto declare = [](Command command, StoreOptions& options) {
    declare_store(command, options);
    Option hosts = command.flag("--hosts", options.hosts,
                                "Print the policy hosts, mta-sts.DOMAIN: names for a certificate");
    command.flag("--json", options.json, "Print a JSON object a line").excludes(hosts);
    command.footer(
        "Prints a line for each domain, in the order of their names: the domain, then policy with mode and "
        "id, or "
        "profile\n"
        "or alias with the name that it leads to.\n"
        "Exit codes: 0 success, 2 usage error or unreadable store, 3 the store is busy.\n\n"
        "Examples:\n"
        "  mta-sts store list\n"
        "  mta-sts store list --hosts");
  };
  add_command<StoreOptions>(store, session, "list", "List the domains", declare, run_store_list);
}

}  // namespace mta_sts::cli
