#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/txt_record.hpp"
#include "sender/domain_state.hpp"
#include "sender/ip_address.hpp"

namespace mta_sts {

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
  std::chrono::sys_days used;
  std::optional<IpAddress> peer;    ///< the address that the last fetch spoke to, since the start
  std::uint32_t counted_bytes = 0;  ///< DomainCache's own
  bool stored = false;              ///< there is a row for it
};

/// domain -> DomainEntry, bounded in number and memory. Where it is full, what costs least goes: first what
/// means nothing any more, then live `none` policies, then answers without a policy, then `testing`. A live
/// `enforce` policy never goes: dropping one is a downgrade (R95).
class DomainCache {
 public:
  /// Called with each domain that has to go.
  using Dropped = std::function<void(const std::string& domain, const DomainEntry& entry)>;

  DomainCache(std::size_t entry_limit, std::size_t byte_limit, Dropped dropped);

  [[nodiscard]] DomainEntry* find(std::string_view domain);
  [[nodiscard]] const DomainEntry* find(std::string_view domain) const;

  /// Gives the domain's entry, made if need be; null where it is full of what must not go.
  [[nodiscard]] DomainEntry* remember(std::string_view domain, std::chrono::sys_seconds now);

  /// Counts the memory of an entry again after a change; makes room elsewhere where it is over the limit.
  /// False: there is no room for it, and the entry is gone.
  bool recount(std::string_view domain, std::chrono::sys_seconds now);

  bool erase(std::string_view domain);

  /// Visits the next part of the entries, about 1/`parts`; every entry once in `parts` calls. What `visit`
  /// tells to drop goes, without a call of Dropped.
  void visit_some(std::size_t parts, const std::function<bool(const std::string&, DomainEntry&)>& visit);

  void visit_all(const std::function<void(const std::string&, const DomainEntry&)>& visit) const;

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Map = std::unordered_map<std::string, DomainEntry, Hash, std::equal_to<>>;

  bool make_room(std::size_t bytes, std::string_view but, std::chrono::sys_seconds now);
  bool drop_cheapest(std::string_view but, std::chrono::sys_seconds now);
  void drop(Map::iterator at);

  std::size_t entry_limit_;
  std::size_t byte_limit_;
  Dropped dropped_;
  Map entries_;
  std::size_t bytes_ = 0;
  std::size_t visited_bucket_ = 0;
  std::size_t searched_bucket_ = 0;
};

}  // namespace mta_sts
