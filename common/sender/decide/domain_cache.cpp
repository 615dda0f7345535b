#include "sender/decide/domain_cache.hpp"

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

namespace mta_sts::sender {
namespace {

using std::chrono::sys_seconds;

// Looked at to find what may go: bounds the work of one insertion into a full cache.
constexpr std::size_t search_limit = 1024;
constexpr std::size_t holder_search_limit = 256;

// What the store cannot take stays in memory whole, and must not do so without bound.
constexpr std::size_t small_entry_bytes = 4096;

std::size_t bytes_of(std::string_view domain, const DomainEntry& entry) {
  constexpr std::size_t node_bytes = sizeof(DomainEntry) + sizeof(std::string) + 6 * sizeof(void*);
  const auto& policy = entry.state.policy();
  // Room for one failure is counted from the start: no known policy is to grow beyond a limit by it.
  const std::size_t failures = std::max<std::size_t>(entry.state.failures().capacity(), 1);
  return node_bytes + domain.size() + entry.txt.id.capacity() + failures * (sizeof(FailedFetch) + 64) +
         (policy ? policy->size_bytes() : 0);
}

// What an entry is worth beside others: of the same rank, how often mail went there, in powers of two, then
// when it last did.
using Worth = std::tuple<EvictionRank, int, std::uint32_t>;

Worth worth_of(const DomainEntry& entry, sys_seconds now) {
  return {DomainCache::rank_of(entry, now), std::bit_width(entry.asks), entry.asked_at};
}

// Finds the least of the entries that it is shown.
struct Least {
  std::string_view but;
  EvictionRank highest;  // that may go
  sys_seconds now;
  const std::string* domain = nullptr;
  Worth worth{};

  void look_at(const DomainEntry::Node& node) {
    const Worth found = worth_of(node.second, now);
    if (node.first != but && std::get<EvictionRank>(found) <= highest &&
        (domain == nullptr || found < worth)) {
      worth = found;
      domain = &node.first;
    }
  }
  [[nodiscard]] bool is_spent() const {
    return domain != nullptr && std::get<EvictionRank>(worth) == EvictionRank::spent;
  }
};

}  // namespace

DomainCache::DomainCache(DomainCacheLimits limits, Dropped dropped)
    : limits_{limits.entries, limits.bytes, limits.row_bytes},
      dropped_(std::move(dropped)),
      holders_(limits_) {}

DomainEntry* DomainCache::find(std::string_view domain) {
  const auto found = entries_.find(domain);
  return found == entries_.end() ? nullptr : &found->second;
}

const DomainEntry* DomainCache::find(std::string_view domain) const {
  const auto found = entries_.find(domain);
  return found == entries_.end() ? nullptr : &found->second;
}

std::size_t DomainCache::used(CacheResource resource) const {
  return resource == CacheResource::entries ? entries_.size() : used_[at(resource)];
}

bool DomainCache::is_over(CacheResource resource) const {
  return used(resource) > limits_[at(resource)];
}

EvictionRank DomainCache::rank_of(const DomainEntry& entry, sys_seconds now) {
  const CachedPolicy* live = entry.state.live_policy(now);
  return eviction_rank({.live = live != nullptr ? std::optional(live->mode()) : std::nullopt,
                        .means_something = entry.txt.is_fresh(now) || !entry.state.is_idle(now),
                        .asked_again = entry.asks > 1});
}

DomainEntry* DomainCache::remember(std::string_view domain, const Newcomer& newcomer, sys_seconds now) {
  if (DomainEntry* known = find(domain)) {
    return known;
  }
  const std::size_t bytes = bytes_of(domain, DomainEntry{});
  Search for_place{.domain = domain, .newcomer = newcomer, .resource = CacheResource::entries, .more = 1};
  Search for_bytes{.domain = domain, .newcomer = newcomer, .resource = CacheResource::bytes, .more = bytes};
  while (entries_.size() >= limits_[at(CacheResource::entries)]) {
    if (!make_room(for_place, now)) {
      return nullptr;
    }
  }
  while (used(CacheResource::bytes) + bytes > limits_[at(CacheResource::bytes)]) {
    if (!make_room(for_bytes, now)) {
      return nullptr;
    }
  }
  DomainEntry::Node& node = *entries_.emplace(domain, DomainEntry{}).first;
  add_to_count(node, bytes);
  return &node.second;
}

bool DomainCache::recount(std::string_view domain, sys_seconds now) {
  const auto found = entries_.find(domain);
  if (found == entries_.end()) {
    return false;
  }
  const DomainEntry& entry = found->second;
  subtract_from_count(*found);
  add_to_count(*found, bytes_of(domain, entry));
  const EvictionRank rank = rank_of(entry, now);
  const bool is_small =
      entry.counted.bytes <= small_entry_bytes && entry.counted.row_bytes <= small_entry_bytes;
  Search for_row{.domain = domain,
                 .newcomer = {.rank = rank, .holder = entry.counted.holder},
                 .resource = CacheResource::row_bytes,
                 .more = 0};
  Search for_bytes = for_row;
  for_bytes.resource = CacheResource::bytes;
  for_bytes.newcomer.rank = is_small ? std::min(rank, EvictionRank::testing) : rank;
  while (is_over(CacheResource::row_bytes) && make_room(for_row, now)) {
  }
  while (is_over(CacheResource::bytes) && make_room(for_bytes, now)) {
  }
  if (is_small ||
      !(is_beyond_share(entry, CacheResource::row_bytes) || is_beyond_share(entry, CacheResource::bytes))) {
    return true;
  }
  drop(&found->first);
  return false;
}

bool DomainCache::is_beyond_share(const DomainEntry& entry, CacheResource resource) const {
  return is_over(resource) &&
         room_from(holders_.share_of(entry.counted.holder, resource, 0)) == RoomFrom::own_holder;
}

void DomainCache::add_to_count(DomainEntry::Node& node, std::size_t bytes) {
  DomainEntry& entry = node.second;
  entry.counted.bytes = static_cast<std::uint32_t>(bytes);
  entry.counted.row_bytes = entry.row_bytes;
  entry.counted.holder = entry.holder;
  used_[at(CacheResource::bytes)] += entry.counted.bytes;
  used_[at(CacheResource::row_bytes)] += entry.counted.row_bytes;
  if (entry.state.policy()) {
    holders_.add(node);
  }
}

void DomainCache::subtract_from_count(DomainEntry::Node& node) {
  used_[at(CacheResource::bytes)] -= node.second.counted.bytes;
  used_[at(CacheResource::row_bytes)] -= node.second.counted.row_bytes;
  holders_.remove(node);
}

bool DomainCache::erase(std::string_view domain) {
  const auto found = entries_.find(domain);
  if (found == entries_.end()) {
    return false;
  }
  subtract_from_count(*found);
  entries_.erase(found);
  return true;
}

// Drops one entry for the newcomer. False: nothing may go for it.
bool DomainCache::make_room(Search& search, sys_seconds now) {
  const Newcomer& newcomer = search.newcomer;
  search.found_none = search.found_none ||
                      !drop_least_of_all(search.domain, std::min(newcomer.rank, EvictionRank::testing), now);
  if (!search.found_none) {
    return true;
  }
  if (newcomer.rank < EvictionRank::enforce_asked_once) {
    return false;
  }
  switch (room_from(holders_.share_of(newcomer.holder, search.resource, search.more))) {
    case RoomFrom::own_holder:
      return drop_least_of_holder(newcomer.holder, search.domain, newcomer.rank, now);
    case RoomFrom::largest_holder:
      return drop_least_of_holder(holders_.largest(search.resource), search.domain, EvictionRank::enforce,
                                  now);
    case RoomFrom::nobody:
      break;
  }
  return false;
}

// Looks at the next entries in the map's own order, round and round, and drops the least of them.
bool DomainCache::drop_least_of_all(std::string_view but, EvictionRank highest, sys_seconds now) {
  Least least{.but = but, .highest = highest, .now = now};
  std::size_t seen = 0;
  const std::size_t buckets = entries_.bucket_count();
  for (std::size_t i = 0; i < buckets && seen < search_limit && !least.is_spent(); ++i) {
    searched_bucket_ = (searched_bucket_ + 1) % buckets;
    for (auto node = entries_.begin(searched_bucket_); node != entries_.end(searched_bucket_); ++node) {
      ++seen;
      least.look_at(*node);
    }
  }
  return drop(least.domain);
}

bool DomainCache::drop_least_of_holder(std::uint64_t holder, std::string_view but, EvictionRank highest,
                                       sys_seconds now) {
  Least least{.but = but, .highest = highest, .now = now};
  holders_.visit_some(holder, holder_search_limit,
                      [&least](const DomainEntry::Node& node) { least.look_at(node); });
  return drop(least.domain);
}

bool DomainCache::drop(const std::string* domain) {
  const auto found = domain != nullptr ? entries_.find(*domain) : entries_.end();
  if (found == entries_.end()) {
    return false;
  }
  subtract_from_count(*found);
  const auto node = entries_.extract(found);
  dropped_(node.key(), node.mapped());
  return true;
}

void DomainCache::visit_some(std::size_t parts,
                             const std::function<bool(const std::string&, DomainEntry&)>& visit) {
  const std::size_t buckets = entries_.bucket_count();
  std::vector<std::string> gone;
  for (std::size_t i = 0; i <= buckets / parts; ++i) {
    visited_bucket_ = (visited_bucket_ + 1) % buckets;
    for (auto at = entries_.begin(visited_bucket_); at != entries_.end(visited_bucket_); ++at) {
      if (!visit(at->first, at->second)) {
        gone.push_back(at->first);
      }
    }
  }
  for (const std::string& domain : gone) {
    erase(domain);
  }
}

void DomainCache::visit_all(const std::function<void(const std::string&, const DomainEntry&)>& visit) const {
  for (const auto& [domain, entry] : entries_) {
    visit(domain, entry);
  }
}

}  // namespace mta_sts::sender
