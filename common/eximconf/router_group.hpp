#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "eximconf/configuration.hpp"
#include "eximconf/hosts.hpp"
#include "eximconf/words.hpp"

namespace mta_sts::eximconf {

/// A router of the administrator's that sends by SMTP, and what its group of routers needs to know.
struct SendingRouter {
  const Instance* router = nullptr;
  PolicyDomain domain;
  const Instance* hosts_from = nullptr;  ///< the transport whose hosts an accept router uses, else null
  std::string ignored;  ///< the named list that its ignore_target_hosts is kept in, empty where it has none
};

/// The list of the hosts that the enforce policy in $r_mta_sts does not name.
inline constexpr std::string_view unnamed_hosts_list = "mta_sts_unnamed_hosts";

/// Gives the value of that list. `local_hosts`: items that keep names of hosts_treat_as_local out of it, each
/// with a semicolon behind.
[[nodiscard]] std::string unnamed_hosts(const std::string& local_hosts);

/// Gives the routers that take the place of one router that sends by SMTP. Each does one step:
/// begin forgets what an earlier group found; take asks the router's own preconditions and conditions, once,
/// and sets its variables; ask, where the Policy Domain hangs on these, sees whether the recipient is one of
/// those who are asked about; observe, verdict and temp ask for the policy; keep stores it; enforce, wait,
/// testing and plain are the router itself under each verdict. `smtp_transports`: names of all transports
/// that have twins.
[[nodiscard]] std::vector<Instance> group_of(const SendingRouter& sending,
                                             const std::vector<std::string>& smtp_transports,
                                             const Words& words);

/// Tells whether TLS reports go through a router and a transport of their own, without a policy: where they
/// go to the MX hosts of the domain that they tell of trouble (RFC 8460 section 3). A smart host, or another
/// host that the administrator names, has nothing to do with that trouble, and may be sent a password.
[[nodiscard]] bool sends_reports_apart(const Instance& router, const Words& words);

/// Gives the name of the first router that stands for the administrator's router `name` in our block.
[[nodiscard]] std::string head_of_group(std::string_view name);
[[nodiscard]] std::string copy_of(std::string_view name);

/// The transports' names in an expansion of `transport` are put together with this prefix.
[[nodiscard]] EximOption transport_with_prefix(const Instance& router, std::string_view prefix);

}  // namespace mta_sts::eximconf
