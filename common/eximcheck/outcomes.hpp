#pragma once

#include <string_view>
#include <vector>

#include "eximcheck/finding.hpp"
#include "eximconf/configuration.hpp"
#include "eximconf/settings.hpp"

namespace mta_sts::eximcheck {

/// Judges the socket that Exim tells of its sessions: what connect(2) of a datagram socket to it came to, as
/// an errno, 0 where it can be reached; `who` is the user who tried. A fault costs no mail, but its sessions
/// are in no TLS report.
[[nodiscard]] EximFinding judge_outcomes_socket(int error, const eximconf::Settings& settings,
                                                std::string_view who);

/// Finds our transports that do not tell of their sessions although the configuration wants it. Nothing where
/// it does not, and for those that take TLS reports, which nobody counts.
[[nodiscard]] std::vector<EximFinding> judge_untold_transports(const eximconf::Configuration& configuration,
                                                               const eximconf::Settings& settings);

}  // namespace mta_sts::eximcheck
