#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/domain_name.hpp"

namespace mta_sts::sender {

/// A failed fetch that still counts for one version id: for its back-off (position P24), and as what is known
/// of the id until it is tried again.
struct FailedFetch {
  std::string id;
  std::chrono::sys_seconds at;
  std::string word;  ///< of FetchErrorKind

  bool operator==(const FailedFetch&) const = default;
};

/// What the TXT lookups of a domain came to over time; the epoch stands for never.
struct LookupHistory {
  std::chrono::sys_seconds failing_since;  ///< every lookup since then has failed
  std::chrono::sys_seconds failed_last;
  std::chrono::sys_seconds record_seen;  ///< a usable record was there, to the month

  [[nodiscard]] bool is_failing() const { return failing_since != std::chrono::sys_seconds{}; }
  [[nodiscard]] bool has_seen_record() const { return record_seen != std::chrono::sys_seconds{}; }

  bool operator==(const LookupHistory&) const = default;
};

/// What outlives a restart for one Policy Domain.
struct StoredEntry {
  struct Policy {
    std::string id;
    std::string body;  ///< as served; what the policy says is read from here, nothing else is believed
    std::chrono::sys_seconds fetched;
    std::string peer{};  ///< the address it came from, as text; empty: not known

    bool operator==(const Policy&) const = default;
  };

  std::string domain;  ///< A-labels, lower case
  std::optional<Policy> policy;
  std::vector<FailedFetch> failures;
  LookupHistory lookups;
  std::chrono::sys_seconds used;       ///< last time a sender asked, to the day
  std::uint32_t asks = 0;              ///< how often one asked, about
  std::uint32_t failed_refreshes = 0;  ///< in a row, since the last success

  bool operator==(const StoredEntry&) const = default;
};

/// Keeps entries over restarts. The seam at which a second level shared by several hosts comes in. Everything
/// that it gives is untrusted: DomainState::from_stored judges it.
class PolicyStore {
 public:
  virtual ~PolicyStore() = default;

  /// Gives every entry to `take`, one at a time. False: not all could be read (already logged).
  virtual bool load(const std::function<void(StoredEntry)>& take) = 0;

  /// Gives one entry; nothing where there is none or it cannot be read.
  [[nodiscard]] virtual std::optional<StoredEntry> load_one(std::string_view domain) = 0;

  /// Writes or replaces an entry as a whole. False: it is not kept (already logged); the caller goes on.
  virtual bool store(const StoredEntry& entry) = 0;

  /// Notes that a sender asked for a domain. False as for store().
  virtual bool note_use(std::string_view domain, std::chrono::sys_seconds used, std::uint32_t asks) = 0;

  /// Removes an entry; true where it is gone.
  virtual bool remove(std::string_view domain) = 0;

  /// Tells whether what was stored is still there, as far as that can be seen without reading it; to be asked
  /// about once a second. False, once: entries were lost (already logged), and the caller stores all of them
  /// again.
  [[nodiscard]] virtual bool is_intact() = 0;
};

/// Keeps nothing, for a diagnosis that must not touch the cache and for tests.
class NullPolicyStore final : public PolicyStore {
 public:
  bool load(const std::function<void(StoredEntry)>&) override { return true; }
  std::optional<StoredEntry> load_one(std::string_view) override { return std::nullopt; }
  bool store(const StoredEntry&) override { return false; }  // what is to be known stays in memory
  bool note_use(std::string_view, std::chrono::sys_seconds, std::uint32_t) override { return true; }
  bool remove(std::string_view) override { return true; }
  bool is_intact() override { return true; }
};

}  // namespace mta_sts::sender
