#pragma once

#include "check/facts.hpp"
#include "probe/https_probe.hpp"
#include "probe/time_limit.hpp"
#include "probe/tls_client.hpp"

namespace mta_sts::probe {

/// Asks one address of a policy host all that the checks need, one connection after the other, four in all
/// where nothing fails: over the first the policy as `policy` asks for it, then with other User-Agents, then
/// HEAD; then which version it chooses where TLS 1.2 alone is offered, and where only older ones are; then a
/// handshake without SNI. Where the policy is refused, the paths that people write in its place are asked
/// too. by_address has the answer to `policy` alone. Nothing more is asked of an address that takes no
/// connection; what there was no time for is absent, or not_tried.
[[nodiscard]] check::HttpsFacts probe_policy_host(const HttpsTarget& policy, const TlsClient& tls,
                                                  TimeLimit limit);

}  // namespace mta_sts::probe
