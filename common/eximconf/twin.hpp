#pragma once

#include <string>
#include <vector>

#include "eximconf/configuration.hpp"
#include "eximconf/settings.hpp"
#include "eximconf/words.hpp"

namespace mta_sts::eximconf {

/// Prefixes of the transports that are made from the administrator's: one demands what RFC 8461 section 4
/// says, another names the MX host to it (section 7.1) and demands nothing. Where sessions are told, there is
/// one for mail without a policy, and where TLS reports are sent, one for these.
inline constexpr std::string_view enforce_prefix = "mta_sts_enforce_";
inline constexpr std::string_view testing_prefix = "mta_sts_testing_";
inline constexpr std::string_view plain_prefix = "mta_sts_plain_";
inline constexpr std::string_view report_prefix = "mta_sts_report_";

/// Tells whether a transport sends by SMTP; LMTP is for local delivery.
[[nodiscard]] bool sends_by_smtp(const Instance& transport);

/// Gives the twin of an SMTP transport for mail under an enforce policy: all its options but those that
/// would weaken TLS or lead elsewhere, and ours. `settings`: what this Exim can do.
[[nodiscard]] Instance enforcing_twin(const Instance& transport, const Settings& settings,
                                      const Words& words);

/// Gives the twin for mail under a testing policy: the same transport that sends the MX host's name. Where
/// sessions are told, it looks at the certificate as an enforcing one would, and refuses none.
[[nodiscard]] Instance testing_twin(const Instance& transport, const Words& words);

/// Gives the twin for mail without a policy: the same transport, which tells of its sessions.
[[nodiscard]] Instance plain_twin(const Instance& transport, const Words& words);

/// Gives the twin for TLS reports, which are to arrive whatever is wrong with TLS, DANE included. RFC 8460
/// sections 3 and 5.3.
[[nodiscard]] Instance report_twin(const Instance& transport, const Settings& settings);

/// Tells whether the transport's sessions cannot be told: it keeps some hosts from TLS, which looks like
/// hosts without it.
[[nodiscard]] bool hides_starttls(const Instance& transport);

/// Gives an option as it is written in a configuration; a switch where `value` is "true".
[[nodiscard]] EximOption make_option(std::string name, std::string_view raw_value);

}  // namespace mta_sts::eximconf
