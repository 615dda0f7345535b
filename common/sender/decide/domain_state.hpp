#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/txt_record.hpp"
#include "sender/decide/cached_policy.hpp"
#include "sender/policy_fetch.hpp"
#include "sender/policy_store.hpp"
#include "verdict/verdict.hpp"

namespace mta_sts::sender {

/// Why the state of a domain is looked at: mail is to be routed, the background job runs, or the
/// administrator wants a fetch now.
enum class Occasion : std::uint8_t { lookup, refresh, forced_refresh };

/// What TXT said, as far as decisions go.
struct TxtView {
  TxtOutcome outcome = TxtOutcome::temp;
  std::string_view id;                    ///< with ok
  std::chrono::seconds failure_limit{0};  ///< with temp: failing for so long counts as no record; zero: never
};

/// How far a lookup is whose askers will not wait any longer.
enum class LookupProgress : std::uint8_t {
  asking_txt,
  waiting_for_place,  ///< the record is known; nobody was asked for the policy yet
  fetching,           ///< the policy host is being asked
};

/// Whether to fetch now. `back_off`: a fetch is due, but one failed less than five minutes ago.
struct FetchPlan {
  enum class Kind : std::uint8_t { no_fetch, back_off, fetch };
  Kind kind = Kind::no_fetch;
  std::string id;  ///< the version id under which the fetch counts
  /// The earliest time at which another host may have fetched what does as well; nothing: fetch now.
  std::optional<std::chrono::sys_seconds> shared_since;
};

struct Conclusion {
  Verdict verdict;       ///< with the policy in force, where there is one
  bool alert = false;    ///< tell the administrator: a fetch failed over a live policy that is not none (R88)
  bool changed = false;  ///< the store must be told
  bool replaced = false;  ///< a policy came, went, or changed; not: the same one was renewed
  bool adopted = false;   ///< the fetched policy counts; with a max_age of 0 for one delivery
  bool expiring =
      false;  ///< tell the administrator: it will expire in days, for refreshes fail (R89); once a day
  bool gave_up_dns = false;  ///< TXT has failed for longer than its limit just now
};

/// What is known of one Policy Domain and every decision on it. Pure: no clock, no lookup, no log; the caller
/// asks for a plan, does what it says, and gives the results back. RFC 8461 sections 3.3, 5 and 10.2; R72 to
/// R93; positions P2, P3, P6, P23 to P26, P30.
class DomainState {
 public:
  /// The time for which a failed fetch is not tried again under its id (R72, P24).
  static constexpr std::chrono::seconds back_off{300};

  /// The time for which a failed fetch tells what is known of its id: mail servers wait up to six hours
  /// between two attempts, and each attempt renews it.
  static constexpr std::chrono::hours failure_use{12};

  /// The time for which an expired policy is kept, unused: a start with a clock that is ahead must not wipe
  /// what is live again when it is set right.
  static constexpr std::chrono::days expired_grace{90};

  /// Failures remembered, one for each id; the oldest goes.
  static constexpr std::size_t failure_limit = 4;

  /// Failing lookups further apart than this are no one stretch of failures.
  static constexpr std::chrono::hours failing_gap{12};

  /// The time for which it is known that a domain had a record.
  static constexpr std::chrono::days record_memory{400};

  /// Before its expiry by this, or by half of a shorter max_age, a policy that cannot be refreshed is told
  /// of.
  static constexpr std::chrono::days expiry_warning{7};

  DomainState() = default;

  /// Makes a state of a stored entry; what does not hold together counts as not there (R94).
  [[nodiscard]] static DomainState from_stored(const StoredEntry& entry);

  /// Puts what outlives a restart into `entry`, whose `policy->body` must be set by the caller.
  void to_stored(StoredEntry& entry) const;

  [[nodiscard]] FetchPlan plan(Occasion occasion, TxtView txt, std::chrono::sys_seconds now) const;

  /// Takes what came of the plan: `fetched` is the result where a fetch was planned and done, null otherwise.
  [[nodiscard]] Conclusion conclude(Occasion occasion, TxtView txt, const FetchResult* fetched,
                                    std::chrono::sys_seconds now);

  /// Gives the verdict for askers who wait no longer, while lookup or fetch go on: a live policy; else none
  /// for an id whose fetch failed before or does not end (R73); nothing where they have to wait on.
  [[nodiscard]] std::optional<Verdict> interim(LookupProgress progress, TxtView txt,
                                               std::chrono::sys_seconds now) const;

  /// Gives the time from which the background job fetches; nothing where it leaves the policy to the next
  /// mail. `seed` is the domain's own and spreads refreshes over the day.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> next_refresh(std::size_t seed) const;

  /// Tells whether the background job is to fetch now.
  [[nodiscard]] bool wants_refresh(std::size_t seed, std::chrono::sys_seconds now) const;

  /// Gives the end of the back-off of an id; nothing where it may be fetched at once.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> backs_off_until(std::string_view id,
                                                                        std::chrono::sys_seconds now) const;

  /// Notes that the policy is live no more. True: it was not known before that it has expired.
  bool note_expiry(std::chrono::sys_seconds now);

  /// Lets go of a policy whose grace is over. The caller knows that the clock is right. True: it had one.
  bool drop_expired(std::chrono::sys_seconds now);

  /// Forgets the failures: they were not the domain's.
  void forget_failures() { failures_.clear(); }

  /// Lets the policy's patterns go, which the caller has stored.
  void shed_patterns();

  /// Notes that what was shed is not in the store any more: a fetch is due.
  void lose_patterns();

  [[nodiscard]] const std::optional<CachedPolicy>& policy() const { return policy_; }
  [[nodiscard]] const CachedPolicy* live_policy(std::chrono::sys_seconds now) const;
  [[nodiscard]] const std::vector<FailedFetch>& failures() const { return failures_; }
  [[nodiscard]] std::uint32_t failed_refreshes() const { return failed_refreshes_; }
  [[nodiscard]] const LookupHistory& lookups() const { return lookups_; }

  /// Tells whether there is nothing in it that a store would keep.
  [[nodiscard]] bool is_empty() const { return !policy_ && failures_.empty() && lookups_ == LookupHistory{}; }

  /// Tells whether nothing in it has a say in a verdict now: no live policy, no failure that counts.
  [[nodiscard]] bool is_idle(std::chrono::sys_seconds now) const;

  /// Tells whether nothing in it matters any more: it is idle, an expired policy's grace is over, and no
  /// record was seen for over a year.
  [[nodiscard]] bool is_spent(std::chrono::sys_seconds now) const;

 private:
  [[nodiscard]] const FailedFetch* failure_of(std::string_view id, std::chrono::seconds within,
                                              std::chrono::sys_seconds now) const;
  void note_lookup(TxtView txt, std::chrono::sys_seconds now, Conclusion& conclusion);
  [[nodiscard]] bool has_given_up_dns(TxtView txt, std::chrono::sys_seconds now) const;
  [[nodiscard]] bool is_expiring(std::chrono::sys_seconds now) const;
  [[nodiscard]] std::chrono::sys_seconds shared_since() const;
  [[nodiscard]] Verdict verdict_now(TxtView txt, std::chrono::sys_seconds now) const;
  void adopt_policy(std::string_view id, const FetchedPolicy& fetched, std::chrono::sys_seconds now,
                    Conclusion& conclusion);
  void note_failure(std::string_view id, const FetchError& error, std::chrono::sys_seconds now,
                    Conclusion& conclusion);

  std::optional<CachedPolicy> policy_;
  std::vector<FailedFetch> failures_;
  LookupHistory lookups_;
  std::uint32_t failed_refreshes_ = 0;
  bool expiry_noted_ = false;
};

}  // namespace mta_sts::sender
