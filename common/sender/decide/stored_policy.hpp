#pragma once

#include <optional>
#include <string>

#include "sender/decide/cached_policy.hpp"
#include "sender/policy_store.hpp"

namespace mta_sts::sender {

/// Writes what memory knows of a policy as the body of a row, for where the body as served is lost: mode,
/// max_age and the patterns; without these where memory does not have them, so that it stays known over a
/// restart that the domain has a policy.
[[nodiscard]] std::string render_stored_body(const CachedPolicy& policy);

/// Reads the policy of a row. One whose body has no patterns but must have has_lost_patterns(). Nothing where
/// it does not hold together (R94). RFC 8461 section 3.2.
[[nodiscard]] std::optional<CachedPolicy> read_stored_policy(const StoredEntry::Policy& stored);

/// Tells whether a row holds the policy that memory knows, of the same fetch. Id and time alone do not say
/// so: two fetches of one second may bring two policies under one id.
[[nodiscard]] bool is_stored_policy(const StoredEntry::Policy& stored, const CachedPolicy& policy);

}  // namespace mta_sts::sender
