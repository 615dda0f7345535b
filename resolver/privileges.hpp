#pragma once

#include <sys/types.h>

#include <cstddef>
#include <expected>
#include <optional>
#include <string>

#include "base/fault.hpp"

namespace mta_sts::resolver {

/// Whom to become: a user of this host.
struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

/// Decides who this process shall be: root becomes `user`, who must not be root, or where none is given the
/// user mta-sts of the packages; any other user stays who it is. Nothing where root finds no such user: the
/// caller warns, for what the network sends is not for root to parse.
[[nodiscard]] std::expected<std::optional<Account>, Fault> choose_user(const std::string& user);

/// Gives the id of a group of this host.
[[nodiscard]] std::expected<gid_t, Fault> find_group(const std::string& group);

/// Becomes that user with its groups for good, and makes sure that there is no way back.
[[nodiscard]] std::expected<void, Fault> become(const Account& user);

/// Gives this process as many descriptors as it may have, and says how many those are.
std::size_t raise_descriptor_limit();

}  // namespace mta_sts::resolver
