#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "os/ip_address.hpp"
#include "policy/txt_record.hpp"
#include "sender/decide/domain_state.hpp"
#include "sender/decide/eviction.hpp"

namespace mta_sts::sender {

/// The last answer of TXT for a domain, kept for its TTL.
struct TxtMemory {
  std::chrono::sys_seconds asked;
  std::chrono::sys_seconds until;  ///< used while now < until; equal to `asked`: there is none
  std::string id;
  TxtOutcome outcome = TxtOutcome::temp;
  TxtErrorCode error = TxtErrorCode::bad_syntax;
  DnsStatus status = DnsStatus::timeout;
  std::uint8_t candidates = 0;
  std::uint32_t failure_limit_seconds = 0;  ///< for TxtView::failure_limit

  /// A clock set back ends it.
  [[nodiscard]] bool is_fresh(std::chrono::sys_seconds now) const { return asked <= now && now < until; }
  [[nodiscard]] TxtView view() const {
    return {.outcome = outcome, .id = id, .failure_limit = std::chrono::seconds(failure_limit_seconds)};
  }
};

/// What the sender has in memory for one domain.
struct DomainEntry {
  DomainState state;
  TxtMemory txt;
  std::uint64_t holder = 0;  ///< holder_of() the policy host's address
  std::chrono::sys_days used;
  std::optional<IpAddress> peer;  ///< the address that the last fetch spoke to, since the start
  std::uint32_t asked_at = 0;     ///< the last time a sender asked, in seconds since 1970
  std::uint32_t row_bytes = 0;    ///< of its row in the store, about
  std::uint8_t asks = 0;          ///< how often one asked; 255 for more
  bool stored = false;            ///< there is a row for it

  /// As DomainCache has counted it, and its own.
  struct Counted {
    std::uint64_t holder = 0;
    std::uint32_t bytes = 0;
    std::uint32_t row_bytes = 0;
  } counted;

  /// Replaces this entry by another one; the caller then calls recount().
  void adopt(DomainEntry&& other) {
    other.counted = counted;
    *this = std::move(other);
  }
};

struct DomainCacheLimits {
  std::size_t entries = 0;
  std::size_t bytes = 0;      ///< of memory, about
  std::size_t row_bytes = 0;  ///< of the store
};

/// domain -> DomainEntry, bounded in number, memory and place in the store. Where it is full, eviction_rank()
/// says what goes; of the same rank, what nobody has asked for for the longest time. One policy host's
/// address has a share of a quarter of each limit before its entries go first (R95).
class DomainCache {
 public:
  /// Called with each domain that has to go.
  using Dropped = std::function<void(const std::string& domain, const DomainEntry& entry)>;

  DomainCache(DomainCacheLimits limits, Dropped dropped);

  [[nodiscard]] DomainEntry* find(std::string_view domain);
  [[nodiscard]] const DomainEntry* find(std::string_view domain) const;

  /// Gives the domain's entry, made if need be; null where it is full of what must not go for an entry of
  /// this rank.
  [[nodiscard]] DomainEntry* remember(std::string_view domain, EvictionRank rank,
                                      std::chrono::sys_seconds now);

  /// Counts an entry again after a change, and makes room elsewhere where it is over a limit. False: there
  /// was none for an entry of over 4 KiB, which is one that the store could not take, and the entry is gone.
  /// What is smaller stays and costs no enforce policy its place in memory: it is bounded by its number, and
  /// nobody's policy is lost to what is counted of another.
  bool recount(std::string_view domain, std::chrono::sys_seconds now);

  [[nodiscard]] EvictionRank rank_of(const DomainEntry& entry, std::chrono::sys_seconds now) const;

  /// Gives the rank of a policy that somebody asked for for the first time.
  [[nodiscard]] EvictionRank rank_of_new(Mode mode, std::uint64_t holder) const;

  bool erase(std::string_view domain);

  /// Visits the next part of the entries, about 1/`parts`; every entry once in `parts` calls. What `visit`
  /// tells to drop goes, without a call of Dropped.
  void visit_some(std::size_t parts, const std::function<bool(const std::string&, DomainEntry&)>& visit);

  void visit_all(const std::function<void(const std::string&, const DomainEntry&)>& visit) const;

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t row_bytes() const { return row_bytes_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Map = std::unordered_map<std::string, DomainEntry, Hash, std::equal_to<>>;

  struct Usage {
    std::size_t entries = 0;
    std::size_t bytes = 0;
    std::size_t row_bytes = 0;
  };

  void add_to_count(DomainEntry& entry, std::size_t bytes);
  void subtract_from_count(const DomainEntry& entry);
  [[nodiscard]] bool is_over_share(std::uint64_t holder) const;
  bool drop_lowest(std::string_view but, EvictionRank highest, std::chrono::sys_seconds now);
  void drop(Map::iterator at);

  DomainCacheLimits limits_;
  Dropped dropped_;
  Map entries_;
  std::unordered_map<std::uint64_t, Usage> holders_;  // of entries with a policy
  std::size_t bytes_ = 0;
  std::size_t row_bytes_ = 0;
  std::size_t visited_bucket_ = 0;
  std::size_t searched_bucket_ = 0;
};

}  // namespace mta_sts::sender
