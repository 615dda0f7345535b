// A host name in the first line, and names to match it against in the others.
#include "base/ascii.hpp"
#include "fuzz/fuzz.hpp"
#include "policy/dns_id.hpp"
#include "policy/mx_match.hpp"
#include "policy/parse_policy.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto lines = split(view_of(data, size), '\n');
  const std::string_view host = lines.front();
  const std::string lower = ascii::to_lower(host);
  bool has_match = false;
  std::vector<std::string> patterns;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    patterns.emplace_back(lines[i]);
    const bool matches = matches_mx_pattern(lines[i], host);
    has_match = has_match || matches;
    require(matches == matches_mx_pattern(ascii::to_lower(lines[i]), lower));  // R98: no case
    // A certificate's name is judged at least as strictly as a pattern (P29, P31).
    require(matches || !matches_dns_id(std::vector{lines[i]}, host));
    require(!matches || !host.empty());
    require(!is_mx_pattern(lines[i], Reading::strict) || is_mx_pattern(lines[i], Reading::sender));
  }
  require(matches_mx(patterns, host) == has_match);
  return 0;
}
