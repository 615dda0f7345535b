#include "cli/publish/publish_options.hpp"

#include <chrono>

#include "cli/resolver/lookup_words.hpp"

namespace mta_sts::cli {

void declare_records(Command command, PublishOptions& options) {
  command
      .option("--rua URI", options.rua, "Also print the _smtp._tls record, with this mailto: or https: URI")
      .repeatable();
  Option host =
      command.option("--host NAME", options.host,
                     "Also print the CNAME record of mta-sts.DOMAIN, with the name of this web server");
  command
      .option("--address ADDRESS", options.addresses,
              "Also print the A or AAAA record of mta-sts.DOMAIN, with this address")
      .repeatable()
      .excludes(host);
  command.option("--ttl SECONDS", options.ttl_seconds, "TTL of the records")
      .show_default()
      .range(1U, 604800U);
}

void declare_output(Command command, PublishOptions& options) {
  Option nsupdate = command.flag(
      "--nsupdate", options.nsupdate,
      "Print commands for nsupdate, only for records that are due now, or may be due with --offline");
  command.flag("--json", options.store.json, "Print one JSON object").excludes(nsupdate);
}

Option declare_network(Command command, PublishOptions& options) {
  Option offline = command.flag("--offline", options.offline,
                                "Do not use the network; what depends on it is shown as not known");
  add_dns_option(command, options.dns);
  command.option("--ca FILE", options.ca, "File of trusted root certificates, PEM").show_default();
  command.option("--https-port PORT", options.https_port, "Port of policy hosts, for tests")
      .show_default()
      .range(1, 65535);
  command.flag("--allow-private", options.allow_private,
               "Contact hosts on loopback and private addresses too");
  command.option("--timeout SECONDS", options.timeout_seconds, "Time for all queries about one domain")
      .show_default()
      .range(1U, 600U);
  return offline;
}

std::optional<PublishFault> why_no_store(const StoreOptions& options) {
  if (options.path == StoreOptions().path) {
    return std::nullopt;
  }
  const auto reader = store::StoreReader::open(options.path);
  const bool is_missing = !reader && reader.error().code == store::StoreErrorCode::missing;
  return is_missing ? std::optional(fault_of_store(reader.error())) : std::nullopt;
}

PublishRun run_of(const PublishOptions& options) {
  PublishRun run{.store_path = options.store.path, .offline = options.offline, .network = {}};
  run.network.dns_servers = to_dns_servers(options.dns);
  run.network.ca_file = options.ca;
  run.network.gather.https_port = options.https_port;
  run.network.gather.total_deadline = std::chrono::seconds(options.timeout_seconds);
  run.network.gather.private_allowed = options.allow_private;
  run.network.gather.publishing_only = true;
  run.network.gather.helo_name =
      "localhost";  // no mail host is asked, so nobody need look this host's name up
  return run;
}

steps::Desired desired_of(const PublishOptions& options) {
  return {.rua = options.rua, .host = options.host, .addresses = options.addresses};
}

ExitCode tell_fault(Output& output, const PublishFault& fault) {
  output.error(fault.word, fault.detail);
  return fault.exit_code;
}

}  // namespace mta_sts::cli
