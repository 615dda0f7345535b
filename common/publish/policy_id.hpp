#pragma once

#include <cstdint>
#include <string>

#include "policy/policy.hpp"

namespace mta_sts::publish {

/// Gives the id of a policy's meaning: 20 hex digits of SHA-256 over mode, max_age, the set of mx, the set of
/// extensions and the serial, each length-prefixed. Order, case of mx, duplicates and line ends do not count.
/// RFC 8461 section 3.1 (R13, R14), position P27. Throws nothing but bad_alloc.
[[nodiscard]] std::string policy_id(const Policy& policy, std::uint32_t serial = 0);

/// Gives the one order of mx in which a policy of an id is served: in lower case, each once, hosts before
/// wildcards, numbers by their value. Extensions stay in their order.
[[nodiscard]] Policy canonical_policy(Policy policy);

}  // namespace mta_sts::publish
