#pragma once

#include <string>
#include <string_view>

#include "eximconf/assemble.hpp"
#include "eximconf/hosts.hpp"

namespace mta_sts::eximconf {

/// A configuration as `exim -bP config` prints it: a smart host by a file, MX hosts, forwards that go on at
/// the MX router, mailboxes.
inline constexpr std::string_view flat_configuration = R"conf(# Exim Configuration (4.96)
# 1 "/etc/exim.conf"
DKIM_FILE = /etc/keys/mail
domainlist local_domains = @ : sender.example
hostlist loopback = <; 127.0.0.0/8 ; ::1
acl_smtp_rcpt = check

begin acl

  check:
    accept

begin routers

  archive:
    driver = accept
    transport = to_archive
    unseen

  smart_host:
    driver = manualroute
    domains = ! +local_domains
    condition = ${if exists{/etc/smart}}
    address_data = ${lookup{host}lsearch{/etc/smart}{$value}fail}
    route_list = * $address_data byname
    transport = to_smart_host
    no_more

  mx:
    driver = dnslookup
    domains = ! +local_domains
    condition = ${run{/bin/count $domain}{yes}{no}}
    transport = ${if eq{$original_domain}{$domain}{to_world}{sent_on}}
    ignore_target_hosts = +loopback
    headers_add = "X-Account: \"a\"\n"
    no_more

  forwards:
    driver = redirect
    domains = +local_domains
    data = ${lookup{$local_part}lsearch{/etc/forwards}}
    redirect_router = mx

  mailboxes:
    driver = accept
    domains = +local_domains
    transport = to_box

begin transports

  to_archive:
    driver = appendfile
    file = /archive

  to_smart_host:
    driver = smtp
    hosts_require_auth = *
    hosts_avoid_tls = *

  to_world:
    driver = smtp
    interface = ${lookup{$sender_address_domain}lsearch{/etc/addresses}}
    helo_data = mail.sender.example
    dkim_selector = mail
    dkim_private_key = /etc/keys/mail
    fallback_hosts = elsewhere.example

  sent_on:
    driver = smtp
    return_path = ${srs_encode{x}{$return_path}{$original_domain}}
    event_action = ${if eq{tcp:close}{$event_name}{${acl{note}}}}

  to_box:
    driver = lmtp
    socket = /run/lmtp

begin retry
  * * F,2h,15m
)conf";

/// Gives a configuration with the blocks in it as Exim prints it: its conditions and our macros resolved.
inline std::string as_exim_prints(std::string_view flat, const Derivation& blocks) {
  std::string whole = with_blocks(flat, blocks);
  std::string mode;
  std::string recipients;
  for (const auto& [name, value] :
       {std::pair("\nMTA_STS_MODE = ", &mode), std::pair("\nMTA_STS_RECIPIENTS = ", &recipients)}) {
    const std::size_t at = whole.find(name);
    if (at != whole.npos) {
      const std::size_t begin = at + std::string_view(name).size();
      *value = whole.substr(begin, whole.find('\n', begin) - begin);
    }
  }
  whole = replaced(std::move(whole), "\nMTA_STS_MODE = ", "\nM0DE = ");
  whole = replaced(std::move(whole), "\nMTA_STS_RECIPIENTS = ", "\nREC1PIENTS = ");
  for (const char* name : {".ifndef MTA_STS_MODE\n", ".ifndef MTA_STS_RECIPIENTS\n", ".endif\n"}) {
    whole = replaced(std::move(whole), name, "");
  }
  whole = replaced(std::move(whole), "MTA_STS_MODE", mode);
  whole = replaced(std::move(whole), "MTA_STS_RECIPIENTS", recipients);
  whole = replaced(std::move(whole), "\nM0DE = ", "\nMTA_STS_MODE = ");
  return replaced(std::move(whole), "\nREC1PIENTS = ", "\nMTA_STS_RECIPIENTS = ");
}

}  // namespace mta_sts::eximconf
