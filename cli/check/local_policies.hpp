#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "check/facts.hpp"

namespace mta_sts::cli {

/// Gives the policies that nginx and Apache of this machine are configured with: those that are installed are
/// asked for their configuration. `off`, `store=`, and lines that the servers themselves would refuse, are left out.
[[nodiscard]] std::vector<check::LocalPolicy> read_local_policies();

}  // namespace mta_sts::cli
