#pragma once

#include "tlsrpt/model/report.hpp"

namespace mta_sts::tlsrpt {

/// Sets is_shadowed of a report's policies, whose domains are settled. A session that a sender judged by DANE
/// and by MTA-STS stands in both policies of one domain (RFC 8460 section 4.2 has no word for it): of the two
/// the one with more failures counts, so that neither hides what the other saw, and of equals the sts policy.
void shadow_repeated_sessions(Report& report);

}  // namespace mta_sts::tlsrpt
