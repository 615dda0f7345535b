#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/exim/config.hpp"
#include "cli/exim/program.hpp"
#include "eximcheck/finding.hpp"
#include "eximconf/derive.hpp"

namespace mta_sts::cli {

/// Has Exim route an address at `domain`, directly and as a forward would, under verdicts that a scripted
/// resolver gives (none, testing, enforce that names the hosts, enforce that names none, temp), as root and
/// as Exim's own user, and compares each way with what it should be. The configuration is a copy of the one
/// that is checked; nothing is sent. Gives no finding but a hint where `domain` has no way at all.
[[nodiscard]] std::vector<eximcheck::EximFinding> probe_routes(const EximProgram& exim,
                                                               const LoadedExim& loaded,
                                                               const eximconf::Derivation& blocks,
                                                               const std::string& domain);

}  // namespace mta_sts::cli
