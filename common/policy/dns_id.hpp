#pragma once

#include <span>
#include <string_view>

namespace mta_sts {

/// Tells whether a certificate with these subjectAltName dNSName entries (any bytes) is valid for `host`:
/// one entry equals it without case, or has "*" as its whole left-most label and the rest equals. Subject CN,
/// addresses and other name types do not count; a wildcard needs two labels behind it; a host that is empty,
/// has an empty label or a "*" matches nothing. One root dot of `host` is dropped. RFC 8461 sections 3.3
/// and 4.2, RFC 9525 section 6.3, R63, R64, R100 to R104, positions P29, P31.
[[nodiscard]] bool matches_dns_id(std::span<const std::string_view> dns_names, std::string_view host);

}  // namespace mta_sts
