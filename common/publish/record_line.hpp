#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mta_sts::publish {

/// Gives the value of the `_mta-sts` TXT record: `v=STSv1; id=<id>;`. RFC 8461 section 3.1, R16.
[[nodiscard]] std::string record_value(std::string_view id);

/// Gives the value of the `_smtp._tls` TXT record: `v=TLSRPTv1; rua=<uri>,<uri>`. The URIs have "," "!" and
/// ";" percent-encoded already (parse_tlsrpt_answer tells). RFC 8460 section 3.
[[nodiscard]] std::string tlsrpt_record_value(std::span<const std::string> rua);

/// Gives a TXT value as a zone file and nsupdate write it: in double quotes, cut into strings of 255 bytes,
/// `"` and `\` escaped, other bytes than printable ASCII as \DDD. RFC 1035 sections 3.3.14 and 5.1.
[[nodiscard]] std::string txt_presentation(std::string_view value);

/// Gives a TXT record as a line of a zone file, `owner` made absolute: `_mta-sts.example.com. 300 IN TXT
/// "…"`.
[[nodiscard]] std::string txt_zone_line(std::string_view owner, std::string_view value, unsigned ttl_seconds);

}  // namespace mta_sts::publish
