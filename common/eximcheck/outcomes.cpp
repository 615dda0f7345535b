#include "eximcheck/outcomes.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include "base/utf8.hpp"
#include "eximcheck/wording.hpp"
#include "eximconf/router_group.hpp"
#include "eximconf/twin.hpp"
#include "eximconf/words.hpp"

namespace mta_sts::eximcheck {
namespace {

constexpr std::size_t shown_path_bytes = 120;

bool tells(const eximconf::Instance& transport) {
  return transport.value("event_action").find(eximconf::session_function) != std::string::npos;
}

EximFinding untold(const std::vector<std::string>& names, const std::string& why, std::string fix) {
  return {.level = EximFinding::Level::warning,
          .word = "exim-outcomes-partly",
          .text = joined(names) + why + ": such sessions are in no TLS report",
          .fix = std::move(fix)};
}

}  // namespace

EximFinding judge_outcomes_socket(int error, const eximconf::Settings& settings, std::string_view who) {
  const std::string path = text::escape_for_display(settings.outcomes, shown_path_bytes);
  const std::string lost = ": what sessions come to is lost";
  const std::string start =
      "let the resolver take it (systemctl stop mta-sts-resolver.service; systemctl enable --now "
      "mta-sts-outcomes.socket; systemctl start mta-sts-resolver.service; or mta-sts resolver "
      "--outcomes-socket " +
      path + "), or run exim-setup with --outcomes and the path that it has";
  switch (error) {
    case 0:
      return ok_finding(std::string(who) + " can tell what sessions come to at " + path);
    case ENOENT:
    case ENOTDIR:
      return fault_finding("exim-outcomes-missing", "there is no socket " + path + lost, start);
    case EACCES:
    case EPERM:
      return fault_finding("exim-outcomes-permission",
                           std::string(who) + " may not write to the socket " + path + lost,
                           "let " + std::string(who) +
                               " write to it and search its folder: root and the group of Exim's user, 0660");
    case ECONNREFUSED:
      return fault_finding("exim-outcomes-unheard", "nobody listens at " + path + lost, start);
    case EPROTOTYPE:
      return fault_finding("exim-outcomes-unheard", path + " takes no datagrams, it is another socket" + lost,
                           "run exim-setup with --outcomes and the path of the socket for outcomes");
    default:
      return fault_finding("exim-outcomes-unheard", path + ": " + std::strerror(error) + lost, start);
  }
}

std::vector<EximFinding> judge_untold_transports(const eximconf::Configuration& configuration,
                                                 const eximconf::Settings& settings) {
  std::vector<EximFinding> findings;
  if (settings.outcomes.empty()) {
    return findings;
  }
  std::vector<std::string> hidden;
  std::vector<std::string> changed;
  for (const eximconf::Instance& transport : configuration.transports) {
    if (!transport.is_own() || !eximconf::sends_by_smtp(transport) || tells(transport) ||
        transport.name.starts_with(eximconf::report_prefix)) {
      continue;
    }
    (eximconf::hides_starttls(transport) ? hidden : changed).push_back(transport.name);
  }
  if (!hidden.empty()) {
    findings.push_back(
        untold(hidden, " may keep hosts from TLS, so it is not known whether they offer it",
               "take hosts_avoid_tls and hosts_avoid_esmtp out of the transport that it stands "
               "for, and run exim-setup again, where these sessions are to be told"));
  }
  if (!changed.empty()) {
    findings.push_back(untold(changed, " does not call the plugin in event_action",
                              "run \"mta-sts exim-setup --write FOLDER\" with the folder of the blocks, then "
                              "reload Exim"));
  }
  return findings;
}

}  // namespace mta_sts::eximcheck
