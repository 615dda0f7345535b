#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/domain_name.hpp"
#include "check/facts.hpp"
#include "os/ip_address.hpp"
#include "sender/dns_lookup.hpp"

namespace mta_sts::probe {

/// How DNS is asked: handed in, so that tests decide what the network says.
struct DnsSources {
  sender::DnsLookup* resolver = nullptr;          ///< outlives the gathering
  sender::DnsLookup* without_checking = nullptr;  ///< the same with CD set; may be null
  /// Gives a lookup that asks one authoritative server without recursion, owned elsewhere; null where none
  /// can be made.
  std::function<sender::DnsLookup*(const IpAddress&)> authority;
};

struct DnsWish {
  DomainName domain;
  std::string random_label;             ///< a label that nobody has, for wildcards
  std::vector<std::string> subdomains;  ///< of --subdomain, whole names
  bool private_allowed = false;
  bool publishing_only = false;  ///< both records, the MX and the policy host alone
};

/// What DNS said, with the addresses in the form that probes dial.
struct DnsResult {
  check::DnsFacts facts;
  std::vector<check::RuaFact> rua;
  bool resolver_answers = false;
  bool resolver_validates = false;
};

/// Asks everything that the checks need, as much at once as depends on nothing, and calls `done` once on the
/// loop's thread. Hosts, servers and report addresses are bounded in number.
void gather_dns(const DnsSources& sources, DnsWish wish, std::function<void(DnsResult)> done);

}  // namespace mta_sts::probe
