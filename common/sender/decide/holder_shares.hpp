#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <unordered_map>
#include <utility>

#include "sender/decide/domain_entry.hpp"
#include "sender/decide/eviction.hpp"

namespace mta_sts::sender {

/// What a cache has a limit for.
enum class CacheResource : std::uint8_t { entries, bytes, row_bytes };

/// So much of each CacheResource.
using CacheAmounts = std::array<std::size_t, 3>;

/// Gives where a resource stands in CacheAmounts.
constexpr std::size_t at(CacheResource resource) {
  return static_cast<std::size_t>(resource);
}

/// Counts for each holder the entries whose policies come from it. The time of every call is bounded by the
/// logarithm of their number, whatever they hold.
class HolderShares {
 public:
  explicit HolderShares(const CacheAmounts& limits);

  /// Counts an entry for node.second.counted.holder, with what `counted` says of it. It stays where it is in
  /// memory until remove().
  void add(DomainEntry::Node& node);

  /// Takes back an add(); nothing where there was none.
  void remove(DomainEntry::Node& node);

  /// Gives what room_from() needs for an entry of a holder that adds so much to what is counted of it.
  [[nodiscard]] ShareView share_of(std::uint64_t holder, CacheResource resource, std::size_t more) const;

  /// Gives the holder that has most of a limit; 0 where nobody is over the least fair share that can be.
  [[nodiscard]] std::uint64_t largest(CacheResource resource) const;

  /// Visits at most `number` of a holder's entries, and with the next call those behind them.
  void visit_some(std::uint64_t holder, std::size_t number,
                  const std::function<void(const DomainEntry::Node&)>& visit);

 private:
  struct Holder {
    CacheAmounts used{};
    DomainEntry::Node* next = nullptr;  // to be visited
  };

  void count(std::uint64_t holder, Holder& of, const CacheAmounts& used);

  CacheAmounts limits_;
  CacheAmounts least_shares_;
  std::unordered_map<std::uint64_t, Holder> holders_;
  // Of each limit: the holders by what they have of it. Those that no number of holders puts over the fair
  // share are left out, which is most: their one policy costs no memory here.
  std::array<std::set<std::pair<std::size_t, std::uint64_t>>, std::tuple_size_v<CacheAmounts>> by_size_;
};

}  // namespace mta_sts::sender
