#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/domain_name.hpp"

namespace mta_sts::publish {

/// Reads the mail domain that a policy is for, in A- or U-labels. Error: what is wrong, as the end of a
/// sentence that begins with the name, safe to show: no domain, a single label such as localhost, a name within
/// MTA-STS such as mta-sts.example.com, with the domain that is meant, or one too long for the names before it.
/// RFC 8461 sections 3.1 and 3.3, RFC 8460 section 3.
[[nodiscard]] std::expected<DomainName, std::string> parse_mail_domain(std::string_view name);

/// Says, in the same way, why a domain can have no record `_smtp._tls.`; empty where it can.
[[nodiscard]] std::string why_no_tlsrpt_record(std::string_view domain);

}  // namespace mta_sts::publish
