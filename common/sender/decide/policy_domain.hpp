#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/domain_name.hpp"
#include "verdict/verdict.hpp"

namespace mta_sts::sender {

/// Reads the domain of a mail address as a Policy Domain: A-labels, lower case, no root dot, short enough for
/// `_mta-sts.` in front (R82). Otherwise the verdict that needs no lookup: none for an address literal (R81),
/// a name that is too long, or one that cannot be a host name; temp for text that is no domain at all (empty,
/// controls, broken UTF-8, U-labels that IDNA refuses).
[[nodiscard]] std::expected<DomainName, Verdict> policy_domain_of(std::string_view mail_domain);

}  // namespace mta_sts::sender
