#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/utc_time.hpp"
#include "base/utf8.hpp"
#include "cli/store/opened_store.hpp"
#include "cli/store/store_commands.hpp"

namespace mta_sts::cli {
namespace {

using Json = nlohmann::ordered_json;

ExitCode tell_no_domain(Output& output, const std::string& name, const store::Holding& holding) {
  std::string detail = text::quote_for_display(name, 253) + " is not in the store";
  if (holding.until > SystemClock().now()) {
    detail += "; senders may hold its last policy until " + utc_text(holding.until);
  }
  return report_store_error(output, {store::StoreErrorCode::no_domain, detail});
}

ExitCode print_served(Output& output, OpenedStore& opened, const StoreOptions& options) {
  const auto served =
      options.host ? opened.slot.lookup_host(options.domain) : opened.slot.lookup(options.domain);
  if (!served) {
    return report_store_error(output, served.error());
  }
  if (!*served) {
    const auto snapshot = opened.slot.begin();
    const auto periods =
        snapshot ? store::periods_of_domain(*snapshot, options.domain) : std::unexpected(snapshot.error());
    return periods ? tell_no_domain(output, options.domain, store::holding_of(*periods, SystemClock().now()))
                   : report_store_error(output, periods.error());
  }
  output.text((*served)->body);
  return ExitCode::ok;
}

Json history_of(const std::vector<store::ServedPeriod>& periods) {
  Json history = Json::array();
  for (const store::ServedPeriod& period : periods) {
    Json object;
    add_period(object, period);
    history.push_back(std::move(object));
  }
  return history;
}

ExitCode print_all(Output& output, const OpenedStore& opened, const std::string& domain) {
  const auto record = store::find_domain(opened.snapshot, domain);
  const auto periods = store::periods_of_domain(opened.snapshot, domain);
  if (!record || !periods) {
    return report_store_error(output, record ? periods.error() : record.error());
  }
  const store::Holding holding = store::holding_of(*periods, SystemClock().now());
  Json object{{"domain", domain}, {"kind", *record ? Json(to_string((*record)->kind)) : Json()}};
  object["of"] = *record && (*record)->kind != store::RecordKind::policy ? Json((*record)->text) : Json();
  const bool is_served = *record && !periods->empty() && !periods->back().until;
  object["id"] = is_served ? Json(periods->back().id) : Json();
  object["policy"] = is_served ? Json(periods->back().body) : Json();
  object["history"] = history_of(*periods);
  object["largest_max_age"] = holding.largest_max_age_seconds;
  object["held_until"] = periods->empty() ? Json() : Json(iso_text(holding.until));
  output.line(object.dump(2, ' ', true));
  return *record ? ExitCode::ok : tell_no_domain(output, domain, holding);
}

ExitCode run_store_get(Output& output, const StoreOptions& options, const Command&) {
  StoreOptions read = options;
  if (!options.host) {
    const auto domain = read_stored_domain(output, options.domain);
    if (!domain) {
      return ExitCode::wrong_use;
    }
    read.domain = *domain;
  }
  auto opened = open_store(output, options);
  if (!opened) {
    return opened.error();
  }
  return options.json ? print_all(output, *opened, read.domain) : print_served(output, *opened, read);
}

}  // namespace

void add_store_get(Command store, Session& session) {
  const auto declare = [](Command command, StoreOptions& options) {
    command.option("DOMAIN", options.domain, "The mail domain").required();
    Option host = command.flag("--host", options.host,
                               "DOMAIN is the Host field of a request, such as mta-sts.example.com");
    declare_store(command, options);
    command
        .flag("--json", options.json,
              "Print one JSON object: the policy, every earlier one with its times, the largest max_age, and "
              "until when senders may hold a copy")
        .excludes(host);
    command.footer(
        "Prints the policy's bytes as a web server sends them, through the domain's profile or alias.\n"
        "Exit codes: 0 success, 1 the domain is not in the store, 2 usage error or unreadable store, 3 the "
        "store "
        "is busy.\n\n"
        "Examples:\n"
        "  mta-sts store get example.com\n"
        "  mta-sts store get --json example.com");
  };
  add_command<StoreOptions>(store, session, "get", "Print the policy of a domain", declare, run_store_get);
}

}  // namespace mta_sts::cli
