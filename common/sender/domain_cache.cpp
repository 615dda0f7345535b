#include "sender/domain_cache.hpp"

#include <algorithm>
#include <utility>

namespace mta_sts {
namespace {

using std::chrono::sys_seconds;

// Looked at to find what may go: bounds the work of one insertion into a full cache.
constexpr std::size_t search_limit = 1024;

constexpr int must_stay = 5;

// What it costs to drop an entry, R95.
int cost_of(const DomainEntry& entry, sys_seconds now) {
  const CachedPolicy* live = entry.state.live_policy(now);
  if (live == nullptr) {
    return entry.txt.is_fresh(now) || !entry.state.is_idle(now) ? 2 : 0;
  }
  switch (live->mode()) {
    case Mode::none:
      return 1;
    case Mode::testing:
      return 3;
    case Mode::enforce:
      break;
  }
  return must_stay;
}

std::size_t bytes_of(std::string_view domain, const DomainEntry& entry) {
  constexpr std::size_t node_bytes = sizeof(DomainEntry) + sizeof(std::string) + 6 * sizeof(void*);
  const auto& policy = entry.state.policy();
  return node_bytes + domain.size() + entry.txt.id.capacity() +
         entry.state.failures().capacity() * (sizeof(FailedFetch) + 64) + (policy ? policy->size_bytes() : 0);
}

}  // namespace

DomainCache::DomainCache(std::size_t entry_limit, std::size_t byte_limit, Dropped dropped)
    : entry_limit_(entry_limit), byte_limit_(byte_limit), dropped_(std::move(dropped)) {}

DomainEntry* DomainCache::find(std::string_view domain) {
  const auto found = entries_.find(domain);
  return found == entries_.end() ? nullptr : &found->second;
}

const DomainEntry* DomainCache::find(std::string_view domain) const {
  const auto found = entries_.find(domain);
  return found == entries_.end() ? nullptr : &found->second;
}

DomainEntry* DomainCache::remember(std::string_view domain, sys_seconds now) {
  if (DomainEntry* known = find(domain)) {
    return known;
  }
  const std::size_t bytes = bytes_of(domain, DomainEntry{});
  if (!make_room(bytes, domain, now)) {
    return nullptr;
  }
  DomainEntry& entry = entries_.emplace(domain, DomainEntry{}).first->second;
  entry.counted_bytes = static_cast<std::uint32_t>(bytes);
  bytes_ += bytes;
  return &entry;
}

bool DomainCache::recount(std::string_view domain, sys_seconds now) {
  const auto found = entries_.find(domain);
  if (found == entries_.end()) {
    return false;
  }
  DomainEntry& entry = found->second;
  const std::size_t bytes = bytes_of(domain, entry);
  bytes_ += bytes - entry.counted_bytes;
  entry.counted_bytes = static_cast<std::uint32_t>(bytes);
  while (bytes_ > byte_limit_) {
    if (!drop_cheapest(domain, now)) {
      drop(entries_.find(domain));
      return false;
    }
  }
  return true;
}

bool DomainCache::erase(std::string_view domain) {
  const auto found = entries_.find(domain);
  if (found == entries_.end()) {
    return false;
  }
  bytes_ -= found->second.counted_bytes;
  entries_.erase(found);
  return true;
}

bool DomainCache::make_room(std::size_t bytes, std::string_view but, sys_seconds now) {
  while (entries_.size() >= entry_limit_ || bytes_ + bytes > byte_limit_) {
    if (!drop_cheapest(but, now)) {
      return false;
    }
  }
  return true;
}

// Looks at the next entries in the map's own order, round and round, and drops the cheapest of them.
bool DomainCache::drop_cheapest(std::string_view but, sys_seconds now) {
  const std::string* cheapest = nullptr;
  int least = must_stay;
  std::size_t seen = 0;
  const std::size_t buckets = entries_.bucket_count();
  for (std::size_t i = 0; i < buckets && seen < search_limit && least > 0; ++i) {
    searched_bucket_ = (searched_bucket_ + 1) % buckets;
    for (auto at = entries_.begin(searched_bucket_); at != entries_.end(searched_bucket_); ++at) {
      ++seen;
      const int cost = at->first == but ? must_stay : cost_of(at->second, now);
      if (cost < least) {
        least = cost;
        cheapest = &at->first;
      }
    }
  }
  if (cheapest == nullptr) {
    return false;
  }
  drop(entries_.find(*cheapest));
  return true;
}

void DomainCache::drop(Map::iterator at) {
  auto node = entries_.extract(at);
  bytes_ -= node.mapped().counted_bytes;
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

}  // namespace mta_sts
