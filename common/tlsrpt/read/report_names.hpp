#pragma once

#include <string>
#include <string_view>

#include "tlsrpt/model/report.hpp"

namespace mta_sts::tlsrpt {

/// Gives a name in lower case without root dot; U-labels keep their form. Never fails: reports hold anything.
[[nodiscard]] std::string normal_name(std::string_view name);

/// Gives a name in A-labels where it can be given so, else as normal_name does: what counts are kept under.
[[nodiscard]] std::string counting_name(std::string_view name);

/// Tells whether a name has characters beyond ASCII (R136: domains in reports are A-labels).
[[nodiscard]] bool has_u_label(std::string_view name);

/// Sets counted_domain of a report's policies, and the quirk double_count. A tlsa policy may be named after
/// the MX host (RFC 7672's TLSA base domain) and then goes with the sts policy that lists this MX. `fallback`
/// is the domain where a policy names none.
void settle_domains(Report& report, std::string_view fallback);

}  // namespace mta_sts::tlsrpt
