#include "sender/decide/domain_cache.hpp"

#include <algorithm>
#include <utility>

namespace mta_sts::sender {
namespace {

using std::chrono::sys_seconds;

// Looked at to find what may go: bounds the work of one insertion into a full cache.
constexpr std::size_t search_limit = 1024;

// What the store cannot take stays in memory whole, and must not do so without bound.
constexpr std::size_t small_entry_bytes = 4096;

// One address's share of each limit is one of so many parts.
constexpr std::size_t shares = 4;

std::size_t bytes_of(std::string_view domain, const DomainEntry& entry) {
  constexpr std::size_t node_bytes = sizeof(DomainEntry) + sizeof(std::string) + 6 * sizeof(void*);
  const auto& policy = entry.state.policy();
  // Room for one failure is counted from the start: no known policy is to grow beyond a limit by it.
  const std::size_t failures = std::max<std::size_t>(entry.state.failures().capacity(), 1);
  return node_bytes + domain.size() + entry.txt.id.capacity() + failures * (sizeof(FailedFetch) + 64) +
         (policy ? policy->size_bytes() : 0);
}

}  // namespace

DomainCache::DomainCache(DomainCacheLimits limits, Dropped dropped)
    : limits_(limits), dropped_(std::move(dropped)) {}

DomainEntry* DomainCache::find(std::string_view domain) {
  const auto found = entries_.find(domain);
  return found == entries_.end() ? nullptr : &found->second;
}

const DomainEntry* DomainCache::find(std::string_view domain) const {
  const auto found = entries_.find(domain);
  return found == entries_.end() ? nullptr : &found->second;
}

EvictionRank DomainCache::rank_of(const DomainEntry& entry, sys_seconds now) const {
  const CachedPolicy* live = entry.state.live_policy(now);
  return eviction_rank({.live = live != nullptr ? std::optional(live->mode()) : std::nullopt,
                        .means_something = entry.txt.is_fresh(now) || !entry.state.is_idle(now),
                        .over_share = is_over_share(entry.holder),
                        .asked_again = entry.asks > 1});
}

EvictionRank DomainCache::rank_of_new(Mode mode, std::uint64_t holder) const {
  return eviction_rank({.live = mode, .over_share = is_over_share(holder), .asked_again = false});
}

bool DomainCache::is_over_share(std::uint64_t holder) const {
  const auto found = holders_.find(holder);
  return found != holders_.end() &&
         (found->second.entries > std::max<std::size_t>(limits_.entries / shares, 1) ||
          found->second.bytes > limits_.bytes / shares ||
          found->second.row_bytes > limits_.row_bytes / shares);
}

DomainEntry* DomainCache::remember(std::string_view domain, EvictionRank rank, sys_seconds now) {
  if (DomainEntry* known = find(domain)) {
    return known;
  }
  const std::size_t bytes = bytes_of(domain, DomainEntry{});
  while (entries_.size() >= limits_.entries || bytes_ + bytes > limits_.bytes) {
    if (!drop_lowest(domain, rank, now)) {
      return nullptr;
    }
  }
  DomainEntry& entry = entries_.emplace(domain, DomainEntry{}).first->second;
  add_to_count(entry, bytes);
  return &entry;
}

bool DomainCache::recount(std::string_view domain, sys_seconds now) {
  const auto found = entries_.find(domain);
  if (found == entries_.end()) {
    return false;
  }
  DomainEntry& entry = found->second;
  subtract_from_count(entry);
  add_to_count(entry, bytes_of(domain, entry));
  const EvictionRank rank = rank_of(entry, now);
  const bool is_small = entry.counted.bytes <= small_entry_bytes;
  const EvictionRank highest = is_small ? std::min(rank, EvictionRank::testing) : rank;
  while (row_bytes_ > limits_.row_bytes && drop_lowest(domain, rank, now)) {
  }
  while (bytes_ > limits_.bytes && drop_lowest(domain, highest, now)) {
  }
  if (bytes_ <= limits_.bytes || is_small) {
    return true;
  }
  drop(entries_.find(domain));
  return false;
}

void DomainCache::add_to_count(DomainEntry& entry, std::size_t bytes) {
  entry.counted.bytes = static_cast<std::uint32_t>(bytes);
  entry.counted.row_bytes = entry.row_bytes;
  entry.counted.holder = entry.state.policy() ? entry.holder : 0;
  bytes_ += entry.counted.bytes;
  row_bytes_ += entry.counted.row_bytes;
  if (entry.counted.holder != 0) {
    Usage& usage = holders_[entry.counted.holder];
    ++usage.entries;
    usage.bytes += entry.counted.bytes;
    usage.row_bytes += entry.counted.row_bytes;
  }
}

void DomainCache::subtract_from_count(const DomainEntry& entry) {
  bytes_ -= entry.counted.bytes;
  row_bytes_ -= entry.counted.row_bytes;
  const auto found = holders_.find(entry.counted.holder);
  if (found == holders_.end()) {
    return;
  }
  Usage& usage = found->second;
  usage.bytes -= entry.counted.bytes;
  usage.row_bytes -= entry.counted.row_bytes;
  if (--usage.entries == 0) {
    holders_.erase(found);
  }
}

bool DomainCache::erase(std::string_view domain) {
  const auto found = entries_.find(domain);
  if (found == entries_.end()) {
    return false;
  }
  subtract_from_count(found->second);
  entries_.erase(found);
  return true;
}

// Looks at the next entries in the map's own order, round and round, and drops the lowest of them.
bool DomainCache::drop_lowest(std::string_view but, EvictionRank highest, sys_seconds now) {
  const std::string* lowest = nullptr;
  std::pair<EvictionRank, std::uint32_t> least{EvictionRank::must_stay, 0};
  std::size_t seen = 0;
  const std::size_t buckets = entries_.bucket_count();
  for (std::size_t i = 0; i < buckets && seen < search_limit; ++i) {
    searched_bucket_ = (searched_bucket_ + 1) % buckets;
    for (auto at = entries_.begin(searched_bucket_); at != entries_.end(searched_bucket_); ++at) {
      ++seen;
      const std::pair found{rank_of(at->second, now), at->second.asked_at};
      if (at->first != but && found.first <= highest && found < least) {
        least = found;
        lowest = &at->first;
      }
    }
    if (least.first == EvictionRank::spent) {
      break;  // nothing can be less
    }
  }
  if (lowest == nullptr) {
    return false;
  }
  drop(entries_.find(*lowest));
  return true;
}

void DomainCache::drop(Map::iterator at) {
  auto node = entries_.extract(at);
  subtract_from_count(node.mapped());
  dropped_(node.key(), node.mapped());
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
