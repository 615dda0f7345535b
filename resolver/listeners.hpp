#pragma once

#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "base/fault.hpp"
#include "options.hpp"
#include "privileges.hpp"
#include "sockets.hpp"

namespace mta_sts::resolver {

/// The name of sockets that speak Postfix's protocol: FileDescriptorName= of the unit that passes them.
inline constexpr std::string_view postfix_socket_name = "postfix-socketmap";

/// The name of sockets that take datagrams about sessions, likewise.
inline constexpr std::string_view outcome_socket_name = "outcomes";

/// Makes the sockets that the options name and takes those of the service manager; those for Postfix
/// and those for datagrams bear their names. `user` is whom the process becomes.
[[nodiscard]] std::expected<std::vector<Listener>, Fault> make_listeners(const ResolverOptions& options,
                                                                         const std::optional<Account>& user);

}  // namespace mta_sts::resolver
