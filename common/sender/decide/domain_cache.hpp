#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sender/decide/domain_entry.hpp"
#include "sender/decide/eviction.hpp"
#include "sender/decide/holder_shares.hpp"

namespace mta_sts::sender {

struct DomainCacheLimits {
  std::size_t entries = 0;
  std::size_t bytes = 0;      ///< of memory, about
  std::size_t row_bytes = 0;  ///< of the store
};

/// An entry that needs a place: what it is, and whose.
struct Newcomer {
  EvictionRank rank = EvictionRank::no_policy;
  std::uint64_t holder = 0;  ///< of a policy
};

/// domain -> DomainEntry, bounded in number, memory and place in the store. Where it is full, what is no live
/// enforce policy goes first, as eviction_rank() says; a live enforce policy goes for another one alone, and
/// only one of the holder that room_from() names: of those the one used least, and then longest ago (R95).
/// What is looked at for one entry is bounded; it is the least of some, not of all.
class DomainCache {
 public:
  /// Called with each domain that has to go.
  using Dropped = std::function<void(const std::string& domain, const DomainEntry& entry)>;

  DomainCache(DomainCacheLimits limits, Dropped dropped);

  [[nodiscard]] DomainEntry* find(std::string_view domain);
  [[nodiscard]] const DomainEntry* find(std::string_view domain) const;

  /// Gives the domain's entry, made if need be; null where it is full of what must not go for such an entry.
  [[nodiscard]] DomainEntry* remember(std::string_view domain, const Newcomer& newcomer,
                                      std::chrono::sys_seconds now);

  /// Counts an entry again after a change, and makes room elsewhere where it is over a limit. False: there
  /// was none for an entry of over 4 KiB, its holder is over its share, and the entry is gone. What is
  /// smaller stays and costs no enforce policy its place in memory: it is bounded by its number, and nobody's
  /// policy is lost to what is counted of another.
  bool recount(std::string_view domain, std::chrono::sys_seconds now);

  [[nodiscard]] static EvictionRank rank_of(const DomainEntry& entry, std::chrono::sys_seconds now);

  bool erase(std::string_view domain);

  /// Visits the next part of the entries, about 1/`parts`; every entry once in `parts` calls. What `visit`
  /// tells to drop goes, without a call of Dropped.
  void visit_some(std::size_t parts, const std::function<bool(const std::string&, DomainEntry&)>& visit);

  void visit_all(const std::function<void(const std::string&, const DomainEntry&)>& visit) const;

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const { return used(CacheResource::bytes); }
  [[nodiscard]] std::size_t row_bytes() const { return used(CacheResource::row_bytes); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Map = std::unordered_map<std::string, DomainEntry, Hash, std::equal_to<>>;

  // The search for room for one entry.
  struct Search {
    std::string_view domain;
    Newcomer newcomer;
    CacheResource resource;
    std::size_t more;  // than is counted of its holder
    bool found_none = false;
  };

  [[nodiscard]] std::size_t used(CacheResource resource) const;
  [[nodiscard]] bool is_over(CacheResource resource) const;
  [[nodiscard]] bool is_beyond_share(const DomainEntry& entry, CacheResource resource) const;
  void add_to_count(DomainEntry::Node& node, std::size_t bytes);
  void subtract_from_count(DomainEntry::Node& node);
  bool make_room(Search& search, std::chrono::sys_seconds now);
  bool drop_least_of_all(std::string_view but, EvictionRank highest, std::chrono::sys_seconds now);
  bool drop_least_of_holder(std::uint64_t holder, std::string_view but, EvictionRank highest,
                            std::chrono::sys_seconds now);
  bool drop(const std::string* domain);

  CacheAmounts limits_;
  CacheAmounts used_{};
  Dropped dropped_;
  Map entries_;
  HolderShares holders_;  // of entries with a policy
  std::size_t visited_bucket_ = 0;
  std::size_t searched_bucket_ = 0;
};

}  // namespace mta_sts::sender
