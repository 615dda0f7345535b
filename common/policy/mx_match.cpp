#include "policy/mx_match.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "policy/reference_name.hpp"

namespace mta_sts {
namespace {

// RFC 8461 section 4.1: "*." stands for exactly the left-most label, the whole of it.
bool matches_pattern(std::string_view pattern, const ReferenceName& host) {
  if (pattern.starts_with("*.")) {
    return !host.parent.empty() && ascii::equals_ignoring_case(pattern.substr(2), host.parent);
  }
  return ascii::equals_ignoring_case(pattern, host.name);
}

// Whether the host ends as the pattern does: any other cannot match, and its name need not be read.
bool ends_alike(std::string_view pattern, std::string_view host) {
  if (pattern.starts_with("*.")) {
    pattern.remove_prefix(2);
  }
  if (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  return host.size() >= pattern.size() &&
         ascii::equals_ignoring_case(host.substr(host.size() - pattern.size()), pattern);
}

}  // namespace

bool matches_mx_pattern(std::string_view pattern, std::string_view host) {
  if (!ends_alike(pattern, host)) {
    return false;
  }
  const auto reference = parse_reference_name(host);
  return reference && matches_pattern(pattern, *reference);
}

bool matches_mx(std::span<const std::string> patterns, std::string_view host) {
  const auto reference = parse_reference_name(host);
  return reference && std::ranges::any_of(patterns, [&](const std::string& pattern) {
           return matches_pattern(pattern, *reference);
         });
}

}  // namespace mta_sts
