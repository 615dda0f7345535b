#pragma once

#include <expected>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "eximconf/configuration.hpp"
#include "eximconf/derive_error.hpp"
#include "eximconf/router_group.hpp"
#include "eximconf/settings.hpp"

namespace mta_sts::eximconf {

/// What of a configuration is the administrator's own, and which of it sends mail by SMTP to hosts with a
/// name: the routers that a policy concerns. It refers to its own members: moved, not copied.
struct Sending {
  Sending() = default;
  Sending(Sending&&) = default;
  Sending& operator=(Sending&&) = default;
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;
  ~Sending() = default;

  std::vector<Instance> routers;  ///< all but ours
  std::vector<Instance> transports;
  std::vector<std::string> smtp_names;                          ///< of the transports that send by SMTP
  std::map<std::string, SendingRouter, std::less<>> by_router;  ///< never empty
  std::vector<std::string> ignored_lists;  ///< lines that define the named lists of by_router, as needed
  std::vector<std::string> covered;        ///< the names of by_router, in the order of the routers
};

/// Finds them. Ours that may be in the configuration already are left out of account, and so are the routers
/// of Settings::except. Error: exim-name-taken, exim-router-unsupported, or exim-no-smtp where there are
/// none.
[[nodiscard]] std::expected<Sending, DeriveError> find_sending(const Configuration& configuration,
                                                               const Settings& settings);

}  // namespace mta_sts::eximconf
