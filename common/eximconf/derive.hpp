#pragma once

#include <expected>
#include <string>
#include <vector>

#include "eximconf/configuration.hpp"
#include "eximconf/derive_error.hpp"
#include "eximconf/settings.hpp"

namespace mta_sts::eximconf {

/// What is said where an ACL keeps the session of a callout: Exim names further recipients in it if their MX
/// host has the same address, and compares neither its name nor their domain.
inline constexpr std::string_view callout_warning =
    "an ACL verifies recipients by a callout with \"hold\": Exim uses the session of the first recipient for "
    "further ones, whatever the name of their MX host is, so a message may reach a host that their policy "
    "does "
    "not name";

/// The three blocks for one configuration, as instances and as the text of the files that are included.
struct Derivation {
  std::vector<std::string> main;  ///< lines
  std::vector<Instance> routers;
  std::vector<Instance> transports;
  std::string main_text;
  std::string routers_text;
  std::string transports_text;
  std::vector<std::string> covered;   ///< the administrator's routers that ask for a policy
  std::vector<std::string> warnings;  ///< sentences
};

/// Makes the blocks for a configuration out of its own routers and transports. Ours that may be in it already
/// are left out of account, so the same configuration gives the same blocks before and after they are
/// included. Source: RFC 8461 sections 3.4, 4 and 5; the Exim specification, chapters 3, 15 and 30.
[[nodiscard]] std::expected<Derivation, DeriveError> derive(const Configuration& configuration,
                                                            const Settings& settings);

}  // namespace mta_sts::eximconf
