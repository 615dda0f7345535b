#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eximconf/configuration.hpp"

namespace mta_sts::eximconf {

/// One thing in which the routers or transports that are there differ from those that should be.
struct Difference {
  enum class Kind : std::uint8_t { missing, unknown, order, option_missing, option_unknown, option_differs };
  Kind kind = Kind::missing;
  std::string name;      ///< of the router or transport
  std::string option;    ///< of what kind asks for; for `order` the name that should come before
  std::string expected;  ///< the option's line
  std::string found;
};

/// Compares instances of ours one by one and option by option; `there` may hold others.
[[nodiscard]] std::vector<Difference> compare(const std::vector<Instance>& expected,
                                              const std::vector<Instance>& there);

}  // namespace mta_sts::eximconf
