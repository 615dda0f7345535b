#include "cli/resolver/lookup_words.hpp"

#include <chrono>

namespace mta_sts::cli {
namespace {

constexpr unsigned longest_timeout_seconds = 3600;

std::string check_dns_server(const std::string& word) {
  return sender::parse_dns_server(word)
             ? ""
             : "\"" + word + "\" is not an address: write 192.0.2.1, 192.0.2.1:5353 or [2001:db8::1]:5353";
}

}  // namespace

void add_dns_option(Command command, std::vector<std::string>& dns) {
  command.option("--dns ADDRESS[:PORT]", dns, "Name server to ask")
      .by_default("those of /etc/resolv.conf")
      .one_value_each()
      .check(check_dns_server);
}

std::vector<sender::DnsServer> to_dns_servers(const std::vector<std::string>& words) {
  std::vector<sender::DnsServer> servers;
  for (const std::string& word : words) {
    if (const auto server = sender::parse_dns_server(word)) {
      servers.push_back(*server);
    }
  }
  return servers;
}

void add_lookup_options(Command command, LookupWords& words) {
  add_dns_option(command, words.dns);
  command.option("--ca FILE", words.ca_file, "File of trusted root certificates, PEM").show_default();
  command.option("--https-port PORT", words.https_port, "Port of policy hosts, for tests")
      .show_default()
      .range(1, 65535);
  command.flag("--allow-private", words.allow_private,
               "Contact policy hosts on loopback and private addresses too");
  const auto seconds = [&command](const char* name, unsigned& value, const char* what) {
    command.option(name, value, what).show_default().range(1U, longest_timeout_seconds);
  };
  seconds("--dns-timeout SECONDS", words.dns_timeout, "Time for one DNS query");
  seconds("--connect-timeout SECONDS", words.connect_timeout, "Time to connect to a policy host");
  seconds("--timeout SECONDS", words.timeout, "Time for one policy fetch as a whole");
}

resolver::LookupOptions to_lookup_options(const LookupWords& words) {
  resolver::LookupOptions options;
  options.dns_servers = to_dns_servers(words.dns);
  options.dns_deadline = std::chrono::seconds(words.dns_timeout);
  options.fetch.ca_file = words.ca_file;
  options.fetch.https_port = words.https_port;
  options.fetch.allow_private = words.allow_private;
  options.fetch.connect_deadline = std::chrono::seconds(words.connect_timeout);
  options.fetch.deadline = std::chrono::seconds(words.timeout);
  return options;
}

}  // namespace mta_sts::cli
