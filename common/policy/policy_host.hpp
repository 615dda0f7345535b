#pragma once

#include <string>
#include <string_view>

#include "base/domain_name.hpp"

namespace mta_sts {

/// What stands before a domain in the name of its TXT record. RFC 8461 section 3.1.
inline constexpr std::string_view record_prefix = "_mta-sts.";

/// Gives `_mta-sts.` and the domain: where the TXT record is. RFC 8461 section 3.1.
[[nodiscard]] std::string record_name(const DomainName& domain);

/// Gives `mta-sts.` and the domain: the Policy Host. RFC 8461 section 3.3.
[[nodiscard]] std::string policy_host(const DomainName& domain);

}  // namespace mta_sts
