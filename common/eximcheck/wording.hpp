#pragma once

#include <string>
#include <vector>

#include "eximconf/compare.hpp"

namespace mta_sts::eximcheck {

/// Says in a line what differs, safe to show.
[[nodiscard]] std::string describe(const eximconf::Difference& difference);

/// Gives names with commas between them.
[[nodiscard]] std::string joined(const std::vector<std::string>& names);

}  // namespace mta_sts::eximcheck
