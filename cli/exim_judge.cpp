#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "exim_facts.hpp"
#include "verdict/verdict_line.hpp"

namespace mta_sts::cli {
namespace {

using Level = EximFinding::Level;

constexpr std::array<std::string_view, 5> our_routers{"mta_sts_verdict", "mta_sts_temp", "mta_sts_enforce",
                                                      "mta_sts_no_matching_mx", "mta_sts_testing"};
constexpr std::string_view guide = "docs/exim.md";

EximFinding ok(std::string text) {
  return {.level = Level::ok, .word = {}, .text = std::move(text), .mend = {}};
}

EximFinding fault(std::string word, std::string text, std::string mend) {
  return {.level = Level::fault, .word = std::move(word), .text = std::move(text), .mend = std::move(mend)};
}

EximFinding judge_build(const EximFacts& facts) {
  if (!facts.has_dlfunc) {
    return fault("exim-without-dlfunc",
                 "this Exim cannot load a plugin (exim4-daemon-light is built without ${dlfunc})",
                 "apt install exim4-daemon-heavy");
  }
  return ok("Exim " + facts.version + " can load plugins; it reads " + facts.configuration);
}

std::size_t index_of(const std::vector<EximDriver>& drivers, std::string_view name) {
  const auto found = std::ranges::find(drivers, name, &EximDriver::name);
  return static_cast<std::size_t>(found - drivers.begin());
}

// Routers that send mail into the world: whoever comes before ours takes the mail past the policy.
bool sends_mail_away(const EximDriver& router) {
  return router.option("driver") == "dnslookup" ||
         (router.option("driver") == "manualroute" && router.name == "smarthost");
}

EximFinding judge_missing(const EximFacts& facts, std::string_view name) {
  if (facts.is_unsplit_debian) {
    return fault("exim-routers-missing",
                 "the snippets lie in conf.d, which Debian's unsplit configuration does not read",
                 "include mta-sts.exim in exim4.conf.template as " + std::string(guide) +
                     " shows (or set dc_use_split_config='true'), then run update-exim4.conf");
  }
  return fault("exim-routers-missing",
               "the router " + std::string(name) + " is not in " + facts.configuration,
               "install the configuration as " + std::string(guide) +
                   " shows, run update-exim4.conf where Debian's configuration is used, and reload Exim");
}

EximFinding judge_routers(const EximFacts& facts) {
  std::size_t last = 0;
  for (const std::string_view name : our_routers) {
    const std::size_t at = index_of(facts.routers, name);
    if (at == facts.routers.size()) {
      return judge_missing(facts, name);
    }
    if (at < last) {
      return fault("exim-routers-order", "the router " + std::string(name) + " stands too early",
                   "keep the routers in the order in which they are installed");
    }
    last = at;
  }
  for (const EximDriver& router : facts.routers) {
    const bool is_ours = std::ranges::find(our_routers, router.name) != our_routers.end();
    if (!is_ours && index_of(facts.routers, router.name) < last && sends_mail_away(router)) {
      return fault("exim-routers-order",
                   "the router " + router.name + " sends mail before a policy is asked for",
                   "put the routers of MTA-STS before it");
    }
  }
  return ok("the routers are active, before all that send mail into the world");
}

EximFinding judge_transports(const EximFacts& facts) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> needed{
      {{"hosts_require_tls", "*"},
       {"tls_verify_hosts", "*"},
       {"tls_verify_cert_hostnames", "*"},
       {"tls_tempfail_tryclear", "no"},
       {"multi_domain", "no"},
       {"connection_max_messages", "1"}}};
  const std::size_t at = index_of(facts.transports, "mta_sts_enforce_smtp");
  if (at == facts.transports.size() ||
      index_of(facts.transports, "mta_sts_testing_smtp") == facts.transports.size()) {
    return fault("exim-transports-missing", "the transports of MTA-STS are not in " + facts.configuration,
                 "install the configuration whole, as " + std::string(guide) + " shows");
  }
  const EximDriver& enforce = facts.transports[at];
  for (const auto& [option, value] : needed) {
    if (enforce.option(option) != value) {
      return fault("exim-transport-changed",
                   "the transport mta_sts_enforce_smtp has " + std::string(option) + " = " +
                       text::escape_for_display(enforce.option(option), 100),
                   "set it to " + std::string(value) + ": without it mail may go out unprotected");
    }
  }
  if (enforce.option("tls_verify_certificates").empty() ||
      enforce.option("event_action").find("mta_sts_cert") == std::string_view::npos) {
    return fault("exim-transport-changed", "the transport mta_sts_enforce_smtp does not check certificates",
                 "install it as it is shipped");
  }
  return ok("the transports demand and check TLS where a policy does");
}

EximFinding judge_mode(const EximFacts& facts) {
  const std::string mode = ascii::to_lower(facts.mode);
  if (mode == "enforce") {
    return ok("MTA_STS_MODE is enforce");
  }
  if (mode == "observe") {
    return {.level = Level::warning,
            .word = "exim-mode-observe",
            .text = "policies are looked up and logged, not obeyed",
            .mend = "when the log is as you wish, set MTA_STS_MODE = enforce"};
  }
  if (mode == "off") {
    return fault("exim-mode-off", "policies are not looked at",
                 "set MTA_STS_MODE = enforce, or observe at first");
  }
  return fault("exim-mode-unknown",
               "MTA_STS_MODE = " + text::escape_for_display(facts.mode, 60) +
                   " is no mode; policies are obeyed meanwhile",
               "write enforce, observe or off");
}

// The mend of each reason that lies on this host; all other reasons may pass.
std::optional<std::string> mend_of(std::string_view reason, const EximFacts& facts, std::string_view who) {
  if (reason == "resolver-unreachable") {
    return "start the resolver (mta-sts resolver --socket " + facts.socket +
           "), or set MTA_STS_SOCKET to its socket";
  }
  if (reason == "socket-permission") {
    return "let " + std::string(who) + " write to " + facts.socket + ": root:Debian-exim 0660";
  }
  if (reason == "peer-not-trusted") {
    return "see who listens at " + facts.socket + " (ss -xlp); it must be root or the user mta-sts";
  }
  if (reason == "socket-path-too-long" || reason == "bad-argument") {
    return "set MTA_STS_SOCKET to an absolute path of at most 107 octets";
  }
  if (reason == "answer-garbled") {
    return "install plugin and resolver of the same version";
  }
  return std::nullopt;
}

EximFinding plugin_fault(std::string_view expansion, const EximFacts& facts) {
  return fault(
      "exim-plugin-not-loaded", text::escape_for_display(expansion, 300),
      "install mta_sts.so at " + facts.plugin + " (or set MTA_STS_PLUGIN), of this version, owned by root");
}

}  // namespace

std::vector<EximFinding> judge_configuration(const EximFacts& facts) {
  std::vector<EximFinding> findings{judge_build(facts), judge_routers(facts)};
  if (findings.back().word != "exim-routers-missing") {  // else the rest is missing with them
    findings.push_back(judge_transports(facts));
    findings.push_back(judge_mode(facts));
  }
  return findings;
}

EximFinding judge_verdict(std::string_view expansion, const EximFacts& facts, std::string_view who) {
  const auto verdict = parse_verdict_line(expansion);
  if (!verdict) {
    return plugin_fault(expansion, facts);
  }
  if (verdict->mode != VerdictMode::temp) {
    return ok("the plugin, asked by " + std::string(who) + ", answers: " + std::string(expansion));
  }
  const std::string text = "the plugin, asked by " + std::string(who) + ", got no verdict";
  if (const auto mend = mend_of(verdict->reason, facts, who)) {
    return fault(verdict->reason, text, *mend);
  }
  return {.level = Level::temporary,
          .word = verdict->reason,
          .text = text,
          .mend = "plugin and resolver work, the lookup did not: look at the resolver's log, and at DNS"};
}

EximFinding judge_certificate_check(std::string_view fitting, std::string_view unfitting,
                                    const EximFacts& facts) {
  if (!fitting.empty() || !unfitting.starts_with("MTA-STS certificate-host-mismatch")) {
    return plugin_fault(fitting.empty() ? unfitting : fitting, facts);
  }
  return ok("the plugin checks the names in certificates");
}

}  // namespace mta_sts::cli
