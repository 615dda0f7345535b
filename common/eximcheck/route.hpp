#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mta_sts::eximcheck {

/// Where an address goes, as `exim -bt` says.
struct EximRoute {
  std::string router;
  std::string transport;
  std::vector<std::string> hosts;
  std::string message;  ///< where there is no way: what Exim says
};

/// Reads the output of `exim -bt ADDRESS`: the last way that it names.
[[nodiscard]] EximRoute read_route(std::string_view output);

}  // namespace mta_sts::eximcheck
