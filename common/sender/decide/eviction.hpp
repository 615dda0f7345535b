#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/policy.hpp"

namespace mta_sts::sender {

/// What counts of an entry where a full cache has to make room.
struct EvictionView {
  std::optional<Mode> live;     ///< of its live policy
  bool means_something = true;  ///< without one: an answer of TXT or a back-off is still of use
  bool over_share = false;      ///< its policy host's address holds more than its share of the cache
  bool asked_again = false;     ///< mail went there more than once
};

/// The order in which entries go, the first first. To drop a live enforce policy is a downgrade, so these
/// come last; among them what a stranger had us ask for once, from one address, goes before what this host
/// sends to. RFC 8461 section 10.3.
enum class EvictionRank : std::uint8_t {
  spent,
  live_none,
  no_policy,
  testing,
  enforce_over_share_asked_once,
  enforce_over_share,
  enforce_asked_once,
  must_stay,
};

/// Gives an entry's place in that order. A newcomer takes the place of an entry of its own rank or a lower
/// one: the answer that a domain has no policy never costs anybody's policy. Pure.
[[nodiscard]] EvictionRank eviction_rank(const EvictionView& entry);

/// Gives the holder that an address of a policy host, as text, counts for: its IpAddress::network(). 0: no
/// address, which nobody's share is counted for.
[[nodiscard]] std::uint64_t holder_of(std::string_view address);

}  // namespace mta_sts::sender
