#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "os/ip_address.hpp"
#include "policy/txt_record.hpp"
#include "sender/decide/domain_state.hpp"
#include "sender/dns_lookup.hpp"

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
  std::uint64_t holder = 0;  ///< holder_of() the address that its first policy came from
  std::chrono::sys_days used;
  std::optional<IpAddress> peer;  ///< the address that the last fetch spoke to, since the start
  std::uint32_t asked_at = 0;     ///< the last time a sender asked, in seconds since 1970
  std::uint32_t row_bytes = 0;    ///< of its row in the store, about
  std::uint8_t asks = 0;          ///< how often one asked; 255 for more
  bool stored = false;            ///< there is a row for it

  using Node = std::pair<const std::string, DomainEntry>;  ///< of the domain, as it stands in DomainCache

  /// As DomainCache has counted it, and its own.
  struct Counted {
    std::uint64_t holder = 0;
    std::uint32_t bytes = 0;
    std::uint32_t row_bytes = 0;
    Node* next = nullptr;  ///< in the ring of the holder's entries; null: counted for no holder
    Node* before = nullptr;
  } counted;

  /// Replaces this entry by another one; the caller then calls recount().
  void adopt(DomainEntry&& other) {
    other.counted = counted;
    *this = std::move(other);
  }
};

}  // namespace mta_sts::sender
