#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exim_config.hpp"
#include "exim_finding.hpp"
#include "exim_program.hpp"
#include "eximconf/derive.hpp"

namespace mta_sts::cli {

/// Where an address goes, as `exim -bt` says.
struct EximRoute {
  std::string router;
  std::string transport;
  std::vector<std::string> hosts;
  std::string message;  ///< where there is no way: what Exim says
};

/// Reads the output of `exim -bt ADDRESS`: the last way that it names.
[[nodiscard]] EximRoute read_route(std::string_view output);

/// Has Exim route an address at `domain`, directly and as a forward would, under verdicts that a scripted
/// resolver gives (none, testing, enforce that names the hosts, enforce that names none, temp), as root and
/// as Exim's own user, and compares each way with what it should be. The configuration is a copy of the one
/// that is checked; nothing is sent. Gives no finding but a hint where `domain` has no way at all.
[[nodiscard]] std::vector<EximFinding> probe_routes(const EximProgram& exim, const LoadedExim& loaded,
                                                    const eximconf::Derivation& blocks,
                                                    const std::string& domain);

}  // namespace mta_sts::cli
