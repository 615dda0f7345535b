#include "eximcheck/route.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace mta_sts::eximcheck {

EximRoute read_route(std::string_view output) {
  EximRoute route;
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    const std::string_view line = ascii::trim_blanks(output.substr(0, end));
    output.remove_prefix(std::min(end + 1, output.size()));
    const std::size_t transport = line.find(", transport = ");
    if (line.starts_with("router = ") && transport != line.npos) {
      route.router = line.substr(9, transport - 9);
      route.transport = line.substr(transport + 14);
      route.hosts.clear();
    } else if (line.starts_with("host ")) {
      const std::string_view host = ascii::trim_blanks(line.substr(5));
      route.hosts.emplace_back(host.substr(0, host.find(' ')));
    } else if (line.find(" cannot be resolved at this time") != line.npos ||
               line.find(" is undeliverable") != line.npos || line.find(" verified") == line.npos) {
      route.message += (route.message.empty() ? "" : " ") + std::string(line);
    }
  }
  return route;
}

}  // namespace mta_sts::eximcheck
