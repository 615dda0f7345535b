#pragma once

#include <string>
#include <string_view>

#include "base/domain_name.hpp"

namespace mta_sts {

/// Gives the value of the `_mta-sts` TXT record: `v=STSv1; id=<id>;`. RFC 8461 section 3.1, R16.
[[nodiscard]] std::string record_value(std::string_view id);

/// Gives the record as a line of a zone file, the owner name absolute: `_mta-sts.example.com. 300 IN TXT
/// "…"`.
[[nodiscard]] std::string record_zone_line(const DomainName& domain, std::string_view id,
                                           unsigned ttl_seconds);

}  // namespace mta_sts
