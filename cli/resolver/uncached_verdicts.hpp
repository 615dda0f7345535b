#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/fault.hpp"
#include "resolver/lookup_stack.hpp"
#include "sender/policy_fetch.hpp"
#include "verdict/verdict.hpp"

namespace mta_sts::cli {

/// Asks DNS and the policy hosts for each domain, without a resolver and without a cache; the verdicts in the
/// order of the domains. Blocks until all are known. Error: loop-failed, ca-unreadable or lookup-unusable;
/// nothing was asked.
[[nodiscard]] std::expected<std::vector<Verdict>, Fault> uncached_verdicts(
    const resolver::LookupOptions& options, const std::vector<std::string>& domains);

/// Fetches the policy of a domain as it is served now. Error: loop-failed, ca-unreadable or lookup-unusable;
/// nothing was asked.
[[nodiscard]] std::expected<sender::FetchResult, Fault> fetch_now(const resolver::LookupOptions& options,
                                                                  const DomainName& domain);

}  // namespace mta_sts::cli
