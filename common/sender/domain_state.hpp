#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/txt_record.hpp"
#include "sender/cached_policy.hpp"
#include "sender/policy_fetch.hpp"
#include "sender/policy_store.hpp"
#include "verdict/verdict.hpp"

namespace mta_sts {

/// Why the state of a domain is looked at: mail is to be routed, the background job runs, the administrator
/// wants a fetch now, or a message would bounce (RFC 8461 section 5.1 step 3).
enum class Occasion : std::uint8_t { lookup, refresh, forced_refresh, before_bounce };

/// What TXT said, as far as decisions go.
struct TxtView {
  TxtOutcome outcome = TxtOutcome::temp;
  std::string_view id;  ///< with ok
};

/// Whether to fetch now. `back_off`: a fetch is due, but one failed less than five minutes ago.
struct FetchPlan {
  enum class Kind : std::uint8_t { no_fetch, back_off, fetch };
  Kind kind = Kind::no_fetch;
  std::string id;  ///< the version id under which the fetch counts
};

/// What may happen to a message that is about to bounce.
enum class BounceOutcome : std::uint8_t { defer, may_bounce, retry };

[[nodiscard]] std::string_view to_string(BounceOutcome outcome);

struct Conclusion {
  Verdict verdict;                              ///< with the policy in force, where there is one
  BounceOutcome bounce = BounceOutcome::defer;  ///< for before_bounce
  bool alert = false;    ///< tell the administrator: a fetch failed over a live policy that is not none (R88)
  bool changed = false;  ///< the store must be told
  bool replaced = false;  ///< a policy came, went, or changed; not: the same one was renewed
};

/// What is known of one Policy Domain and every decision on it. Pure: no clock, no lookup, no log; the caller
/// asks for a plan, does what it says, and gives the results back. RFC 8461 sections 3.3, 5 and 10.2; R72 to
/// R93, R110; positions P2, P3, P6, P23 to P26, P30.
class DomainState {
 public:
  /// The time for which a failed fetch is not tried again under its id (R72, P24).
  static constexpr std::chrono::seconds back_off{300};

  /// Failures remembered, one for each id; the oldest goes.
  static constexpr std::size_t failure_limit = 4;

  DomainState() = default;

  /// Makes a state of a stored entry; what does not hold together counts as not there (R94).
  [[nodiscard]] static DomainState from_stored(const StoredEntry& entry);

  /// Puts what outlives a restart into `entry`, whose `policy->body` must be set by the caller.
  void to_stored(StoredEntry& entry) const;

  [[nodiscard]] FetchPlan plan(Occasion occasion, TxtView txt, std::chrono::sys_seconds now) const;

  /// Takes what came of the plan: `fetched` is the result where a fetch was planned and done, null otherwise.
  [[nodiscard]] Conclusion conclude(Occasion occasion, TxtView txt, const FetchResult* fetched,
                                    std::chrono::sys_seconds now);

  [[nodiscard]] const std::optional<CachedPolicy>& policy() const { return policy_; }
  [[nodiscard]] const CachedPolicy* live_policy(std::chrono::sys_seconds now) const;
  [[nodiscard]] const std::vector<FailedFetch>& failures() const { return failures_; }
  [[nodiscard]] std::uint32_t failed_refreshes() const { return failed_refreshes_; }

  /// Tells whether nothing in it matters any more: no live policy, no back-off.
  [[nodiscard]] bool is_spent(std::chrono::sys_seconds now) const;

 private:
  [[nodiscard]] const FailedFetch* back_off_of(std::string_view id, std::chrono::sys_seconds now) const;
  [[nodiscard]] Verdict verdict_now(TxtView txt, std::chrono::sys_seconds now) const;
  void take_policy(std::string_view id, const FetchedPolicy& fetched, std::chrono::sys_seconds now,
                   Conclusion& conclusion);
  void note_failure(std::string_view id, const FetchError& error, std::chrono::sys_seconds now,
                    Conclusion& conclusion);
  void drop_expired(std::chrono::sys_seconds now, Conclusion& conclusion);
  [[nodiscard]] BounceOutcome judge_bounce(TxtView txt, bool fetched, std::chrono::sys_seconds now) const;

  std::optional<CachedPolicy> policy_;
  std::vector<FailedFetch> failures_;
  std::uint32_t failed_refreshes_ = 0;
};

}  // namespace mta_sts
