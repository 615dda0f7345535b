#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mta_sts {

/// Tells whether an MX host name is named by one `mx` pattern: equal without case, or "*." for exactly the
/// left-most label. The root dot of `host` is dropped; a host that is no name matches nothing.
/// RFC 8461 section 4.1, R97, R98.
[[nodiscard]] bool matches_mx_pattern(std::string_view pattern, std::string_view host);

/// Tells whether any of the patterns names the host.
[[nodiscard]] bool matches_mx(std::span<const std::string> patterns, std::string_view host);

}  // namespace mta_sts
