#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "resolver/lookup_stack.hpp"

namespace mta_sts::cli {

/// The options of every subcommand that asks DNS and policy hosts by itself, as they stand on the command
/// line.
struct LookupWords {
  std::vector<std::string> dns;
  std::string ca_file{"/etc/ssl/certs/ca-certificates.crt"};
  std::uint16_t https_port = 443;
  bool allow_private = false;
  unsigned dns_timeout = 5;
  unsigned connect_timeout = 5;
  unsigned timeout = 60;
};

/// Adds --dns, --ca, --https-port, --allow-private, --dns-timeout, --connect-timeout and --timeout.
void add_lookup_options(Command command, LookupWords& words);

/// Adds --dns alone.
void add_dns_option(Command command, std::vector<std::string>& dns);

/// Gives the name servers of --dns; the command line has checked them already. None: /etc/resolv.conf.
[[nodiscard]] std::vector<sender::DnsServer> to_dns_servers(const std::vector<std::string>& words);

/// Gives what they mean; the command line has checked them already.
[[nodiscard]] resolver::LookupOptions to_lookup_options(const LookupWords& words);

}  // namespace mta_sts::cli
