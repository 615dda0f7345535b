#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/policy.hpp"

namespace mta_sts::sender {

/// What counts of an entry where a full cache has to make room.
struct EvictionView {
  std::optional<Mode> live;     ///< of its live policy
  bool means_something = true;  ///< without one: an answer of TXT or a back-off is still of use
  bool asked_again = false;     ///< mail went there more than once
};

/// The order in which entries go, the first first. To drop a live enforce policy is a downgrade, so these
/// come last, and whose of them may go at all is for room_from() to say. RFC 8461 section 10.3.
enum class EvictionRank : std::uint8_t {
  spent,
  live_none,
  no_policy,
  testing,
  enforce_asked_once,
  enforce,
};

/// Gives an entry's place in that order. Pure.
[[nodiscard]] EvictionRank eviction_rank(const EvictionView& entry);

/// Gives the holder that an address of a policy host, as text, counts for: its IpAddress::network(). 0: no
/// address; policies of which none is known count for one holder, too.
[[nodiscard]] std::uint64_t holder_of(std::string_view address);

/// How much of one limit of the cache the holders have, where an entry needs room under it.
struct ShareView {
  std::size_t limit = 0;
  std::size_t holders = 0;  ///< with policies in the cache, and the one of the entry
  std::size_t own = 0;      ///< the entry's holder has, the entry included
  std::size_t largest = 0;  ///< the holder that has most
};

/// Whose live enforce policies make room.
enum class RoomFrom : std::uint8_t { nobody, own_holder, largest_holder };

/// Gives what each of so many holders may have of a limit, whatever the others ask for; at least 1.
[[nodiscard]] std::size_t fair_share(std::size_t limit, std::size_t holders);

/// Says who makes room for an entry. Within its fair share a holder is never refused, for then another one is
/// over it; beyond it a holder displaces its own entries alone. Nobody loses what is within the share. Pure.
[[nodiscard]] RoomFrom room_from(const ShareView& share);

}  // namespace mta_sts::sender
