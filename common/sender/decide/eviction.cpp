#include "sender/decide/eviction.hpp"

#include <algorithm>

#include "os/ip_address.hpp"

namespace mta_sts::sender {

EvictionRank eviction_rank(const EvictionView& entry) {
  if (!entry.live) {
    return entry.means_something ? EvictionRank::no_policy : EvictionRank::spent;
  }
  switch (*entry.live) {
    case Mode::none:
      return EvictionRank::live_none;
    case Mode::testing:
      return EvictionRank::testing;
    case Mode::enforce:
      break;
  }
  return entry.asked_again ? EvictionRank::enforce : EvictionRank::enforce_asked_once;
}

std::uint64_t holder_of(std::string_view address) {
  constexpr std::size_t v6_bytes = 6;
  constexpr std::uint64_t v6_mark = std::uint64_t{1} << 48U;
  constexpr std::uint64_t v4_mark = std::uint64_t{1} << 49U;
  const auto parsed = IpAddress::parse(address);
  if (!parsed) {
    return 0;
  }
  const IpAddress network = parsed->network();
  const auto bytes = network.bytes();
  std::uint64_t holder = 0;
  for (const std::uint8_t byte : bytes.first(std::min(bytes.size(), v6_bytes))) {
    holder = holder << 8U | byte;
  }
  return holder | (network.is_v6() ? v6_mark : v4_mark);
}

std::size_t fair_share(std::size_t limit, std::size_t holders) {
  return std::max<std::size_t>(limit / std::max<std::size_t>(holders, 1), 1);
}

RoomFrom room_from(const ShareView& share) {
  const std::size_t fair = fair_share(share.limit, share.holders);
  if (share.own > fair) {
    return RoomFrom::own_holder;
  }
  return share.largest > fair ? RoomFrom::largest_holder : RoomFrom::nobody;
}

}  // namespace mta_sts::sender
