#include "eximconf/twin.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace mta_sts::eximconf {
namespace {

// Options of the administrator's that do not hold under an enforce policy, beside those that we set.
constexpr std::array<std::string_view, 6> dropped{"fallback_hosts",       "hosts_avoid_esmtp",
                                                  "hosts_avoid_tls",      "hosts_override",
                                                  "tls_resumption_hosts", "tls_try_verify_hosts"};

// And for TLS reports, which go out whatever fails.
constexpr std::array<std::string_view, 4> demands{"hosts_require_dane", "hosts_require_tls",
                                                  "tls_tempfail_tryclear", "tls_verify_hosts"};

// Exim keeps its retry hints by host, address and the text of the interface. With a text of its own a
// policy's failures hold up no mail of other domains at the same host.
constexpr std::string_view own_interface = "<; 0.0.0.0 ; ::0";

// An MX name that is an alias has a text of its own again: Exim keeps its hints under the name that it stands
// for, and what fails for the alias need not fail for that one. A host that a table names is mostly no MX
// host of the recipient's domain and has that text too, which does no harm.
std::string interface_by_alias() {
  return "${if inlisti{$host}{<\\n ${lookup dnsdb{defer_never,mxh=$domain}{$value}{$domain}}}{" +
         std::string(own_interface) + "}{<; :: }}";
}

// The administrator's interface stays. Then the address is left out of the key where the host has only one.
std::vector<EximOption> options_of_retry_key(const Instance& transport, bool has_dnsdb) {
  const std::string interface = transport.value("interface");
  if (interface.empty()) {
    return {make_option("interface", has_dnsdb ? interface_by_alias() : std::string(own_interface))};
  }
  const bool may_be_empty = interface.find('$') != interface.npos;
  const std::string one_address =
      has_dnsdb ? "${if match{${lookup dnsdb{>; defer_never,a=$host}{$value}{}}}{;}{yes}{no}}" : "false";
  return {make_option("interface", may_be_empty ? "${if eq{" + interface + "}{}{" +
                                                      std::string(own_interface) + "}{" + interface + "}}"
                                                : interface),
          make_option("retry_include_ip_address", one_address)};
}

// Cutthrough delivery sends further recipients through the session of the first, whatever their domain and
// the name of their MX host, where only the address is the same. Exim does it for no transport that signs,
// and asks that while it verifies a recipient; the message is then delivered after it has arrived.
EximOption option_against_cutthrough(const Instance& transport) {
  return make_option("dkim_domain",
                     "${if def:verify_mode{no-cutthrough.invalid}{" + transport.value("dkim_domain") + "}}");
}

std::vector<EximOption> options_of_policy(const Instance& transport, const Settings& settings,
                                          const Words& words) {
  std::vector<EximOption> options;
  for (const auto& [name, value] :
       {std::pair("multi_domain", "false"), std::pair("connection_max_messages", "1"),
        std::pair("hosts_require_tls", "*"), std::pair("tls_tempfail_tryclear", "false"),
        std::pair("tls_verify_certificates", "system"), std::pair("tls_verify_hosts", "*"),
        std::pair("tls_verify_cert_hostnames", "*"), std::pair("tls_sni", "$host")}) {
    options.push_back(make_option(name, value));
  }
  std::ranges::move(options_of_retry_key(transport, settings.has_dnsdb), std::back_inserter(options));
  if (settings.has_dkim) {
    options.push_back(option_against_cutthrough(transport));
  }
  options.push_back(make_option(
      "event_action", words.session_event(false) + words.event_action(transport.value("event_action"))));
  return options;
}

void add_session_event(std::vector<EximOption>& options, const Instance& transport, const Words& words,
                       bool judges_mx) {
  if (words.tells_outcomes() && !hides_starttls(transport)) {
    options.push_back(
        make_option("event_action", words.session_event(judges_mx) + transport.value("event_action")));
  }
}

bool has_value(const Instance& transport, std::string_view name) {
  return !transport.value(name).empty();
}

Instance with_options(const Instance& transport, std::string_view prefix, const std::vector<EximOption>& ours,
                      const auto& is_dropped) {
  Instance twin{.name = std::string(prefix) + transport.name, .options = {}};
  for (const EximOption& option : transport.options) {
    if (!is_dropped(option.name) && std::ranges::find(ours, option.name, &EximOption::name) == ours.end()) {
      twin.options.push_back(option);
    }
  }
  twin.options.insert(twin.options.end(), ours.begin(), ours.end());
  return twin;
}

}  // namespace

bool sends_by_smtp(const Instance& transport) {
  return transport.value("driver") == "smtp" && transport.value("protocol") != "lmtp";
}

Instance enforcing_twin(const Instance& transport, const Settings& settings, const Words& words) {
  return with_options(
      transport, enforce_prefix, options_of_policy(transport, settings, words),
      [](std::string_view name) { return std::ranges::find(dropped, name) != dropped.end(); });
}

Instance testing_twin(const Instance& transport, const Words& words) {
  std::vector<EximOption> options{make_option("tls_sni", "$host")};
  add_session_event(options, transport, words, true);
  // Hosts whose certificate the administrator checks are checked as before.
  if (options.size() > 1 && !has_value(transport, "tls_verify_hosts")) {
    for (const auto& [name, value] :
         {std::pair("tls_verify_certificates", "system"), std::pair("tls_try_verify_hosts", "*"),
          std::pair("tls_verify_cert_hostnames", "*")}) {
      options.push_back(make_option(name, value));
    }
  }
  return with_options(transport, testing_prefix, options, [](std::string_view) { return false; });
}

Instance plain_twin(const Instance& transport, const Words& words) {
  std::vector<EximOption> options;
  add_session_event(options, transport, words, false);
  return with_options(transport, plain_prefix, options, [](std::string_view) { return false; });
}

Instance report_twin(const Instance& transport, const Settings& settings) {
  std::vector<EximOption> options;
  if (settings.has_dane) {
    options.push_back(make_option("hosts_try_dane", ""));
  }
  return with_options(transport, report_prefix, options, [](std::string_view name) {
    return std::ranges::find(demands, name) != demands.end();
  });
}

bool hides_starttls(const Instance& transport) {
  return has_value(transport, "hosts_avoid_tls") || has_value(transport, "hosts_avoid_esmtp");
}

EximOption make_option(std::string name, std::string_view raw_value) {
  if (raw_value == "true") {
    return {.name = name, .value = {}, .text = name};
  }
  const std::string value = quoted_if_needed(raw_value);
  return {.name = name, .value = value, .text = name + " = " + value};
}

}  // namespace mta_sts::eximconf
