#pragma once

#include <string>
#include <vector>

#include "eximconf/configuration.hpp"
#include "eximconf/settings.hpp"
#include "eximconf/words.hpp"

namespace mta_sts::eximconf {

/// Prefixes of the transports that are made from the administrator's: one demands what RFC 8461 section 4
/// says, the other names the MX host to it (section 7.1) and demands nothing.
inline constexpr std::string_view enforce_prefix = "mta_sts_enforce_";
inline constexpr std::string_view testing_prefix = "mta_sts_testing_";

/// Tells whether a transport sends by SMTP; LMTP is for local delivery.
[[nodiscard]] bool sends_by_smtp(const Instance& transport);

/// Gives the twin of an SMTP transport for mail under an enforce policy: all its options but those that
/// would weaken TLS or lead elsewhere, and ours. `settings`: what this Exim can do.
[[nodiscard]] Instance enforcing_twin(const Instance& transport, const Settings& settings,
                                      const Words& words);

/// Gives the twin for mail under a testing policy: the same transport that sends the MX host's name.
[[nodiscard]] Instance testing_twin(const Instance& transport);

/// Gives an option as it is written in a configuration; a switch where `value` is "true".
[[nodiscard]] EximOption make_option(std::string name, std::string_view raw_value);

}  // namespace mta_sts::eximconf
