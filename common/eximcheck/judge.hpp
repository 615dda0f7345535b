#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "eximcheck/finding.hpp"
#include "eximconf/configuration.hpp"
#include "eximconf/derive.hpp"
#include "eximconf/settings.hpp"

namespace mta_sts::eximcheck {

/// What is judged: a configuration, and the blocks that it should have in it.
struct EximCase {
  const eximconf::Configuration& configuration;
  const eximconf::Settings& settings;  ///< of the blocks that are in it
  const std::expected<eximconf::Derivation, eximconf::DeriveError>& blocks;
  std::string expected_mode;  ///< what the asker wants it to be; empty for any
};

/// Judges what can be judged without asking the plugin or routing: are the routers there and first, do they
/// and the transports hold what the administrator's hold, does a router lead past them, the mode.
[[nodiscard]] std::vector<EximFinding> judge_configuration(const EximCase& given);

/// Judges what `exim -be` made of a question for a verdict; `who` is the user who asked.
[[nodiscard]] EximFinding judge_verdict(std::string_view expansion, const eximconf::Settings& settings,
                                        std::string_view who);

/// Judges what `exim -be` made of calls of mta_sts_cert with a fitting and an unfitting name.
[[nodiscard]] EximFinding judge_certificate_check(std::string_view fitting, std::string_view unfitting,
                                                  const eximconf::Settings& settings);

}  // namespace mta_sts::eximcheck
