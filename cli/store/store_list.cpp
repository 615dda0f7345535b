#include <chrono>
#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "cli/resolver/lookup_words.hpp"
#include "cli/store/certified_hosts.hpp"
#include "cli/store/leading_hosts.hpp"
#include "cli/store/opened_store.hpp"
#include "cli/store/store_commands.hpp"

namespace mta_sts::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr unsigned longest_days = 3650;

struct StoreListOptions {
  StoreOptions store;
  std::string due;
  unsigned days = 30;
  std::string ca_file{"/etc/ssl/certs/ca-certificates.crt"};
  std::vector<std::string> leads_to;
  std::vector<std::string> dns;
};

void list_domain(Output& output, const StoreOptions& options, std::string_view domain,
                 const store::RecordView& record) {
  const bool is_policy = record.kind == store::RecordKind::policy;
  if (options.json) {
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

// The store is let go of before anything is asked: a reader that stays keeps old pages in the file.
std::expected<std::vector<std::string>, ExitCode> hosts_of(Output& output, const StoreOptions& options) {
  const auto opened = open_store(output, options);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  std::vector<std::string> hosts;
  const auto listed = store::for_each_record(opened->snapshot, opened->snapshot.domains,
                                             [&](std::string_view domain, const store::RecordView&) {
                                               hosts.push_back("mta-sts." + std::string(domain));
                                               return true;
                                             });
  if (!listed) {
    return std::unexpected(report_store_error(output, listed.error()));
  }
  return hosts;
}

std::expected<std::size_t, Fault> leave_wanted(const StoreListOptions& options,
                                               std::vector<std::string>& hosts) {
  if (!options.due.empty()) {
    const CertificateWish wish{.pattern = options.due,
                               .ca_file = options.ca_file,
                               .until = SystemClock().now() + std::chrono::days(options.days)};
    if (const auto done = drop_certified_hosts(wish, hosts); !done) {
      return std::unexpected(done.error());
    }
  }
  if (options.leads_to.empty()) {
    return 0;
  }
  return keep_leading_hosts({.places = options.leads_to, .dns_servers = to_dns_servers(options.dns)}, hosts);
}

ExitCode list_hosts(Output& output, const StoreListOptions& options) {
  auto hosts = hosts_of(output, options.store);
  if (!hosts) {
    return hosts.error();
  }
  const auto unknown_count = leave_wanted(options, *hosts);
  if (!unknown_count) {
    output.error(unknown_count.error());
    return unknown_count.error().word.text() == "dns-failure" ? ExitCode::temporary : ExitCode::wrong_use;
  }
  for (const std::string& host : *hosts) {
    output.line(host);
  }
  if (*unknown_count > 0) {
    output.warning("left out, since DNS gave no answer: " + std::to_string(*unknown_count) + " hosts");
    return ExitCode::temporary;
  }
  return ExitCode::ok;
}

ExitCode run_store_list(Output& output, const StoreListOptions& options, const Command&) {
  if (options.store.hosts) {
    return list_hosts(output, options);
  }
  const auto opened = open_store(output, options.store);
  if (!opened) {
    return opened.error();
  }
  const auto listed = store::for_each_record(opened->snapshot, opened->snapshot.domains,
                                             [&](std::string_view domain, const store::RecordView& record) {
                                               list_domain(output, options.store, domain, record);
                                               return true;
                                             });
  return listed ? ExitCode::ok : report_store_error(output, listed.error());
}

}  // namespace

void add_store_list(Command store, Session& session) {
  const auto declare = [](Command command, StoreListOptions& options) {
    declare_store(command, options.store);
    Option hosts =
        command.flag("--hosts", options.store.hosts,
                     "Print the names of the policy hosts (mta-sts.DOMAIN), which need certificates");
    Option due = command
                     .option("--due FILE", options.due,
                             "Only hosts without a good certificate in this file; {} in its path stands for "
                             "the host's name")
                     .check(fault_of_certificate_pattern)
                     .needs(hosts);
    command
        .option("--days DAYS", options.days,
                "A certificate is good if senders will still accept it after this time")
        .range(0U, longest_days)
        .show_default()
        .needs(due);
    command.option("--ca FILE", options.ca_file, "File of trusted root certificates, PEM")
        .show_default()
        .needs(due);
    command
        .option("--leads-to HOST", options.leads_to,
                "Only hosts that DNS leads to this name or address, and nowhere else")
        .one_value_each()
        .check(fault_of_place)
        .needs(hosts);
    add_dns_option(command, options.dns);
    command.flag("--json", options.store.json, "Print one JSON object per line").excludes(hosts);
    command.footer(
        "Prints one line per domain, in the order of their names: the domain, then 'policy' with mode and "
        "id, or "
        "'profile'\n"
        "or 'alias' with the name that it leads to.\n"
        "Exit codes: 0 success, 2 usage error, unreadable store or certificate, 3 the store is busy or DNS "
        "gave no "
        "answer.\n\n"
        "Examples:\n"
        "  mta-sts store list\n"
        "  mta-sts store list --hosts\n"
        "  mta-sts store list --hosts --due '/etc/mta-sts-certificates/{}.pem' --leads-to web.example.net");
  };
  add_command<StoreListOptions>(store, session, "list", "List the domains", declare, run_store_list);
}

}  // namespace mta_sts::cli
