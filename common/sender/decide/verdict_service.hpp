#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "sender/decide/exceptions.hpp"
#include "sender/dns_lookup.hpp"
#include "sender/policy_fetch.hpp"
#include "sender/policy_store.hpp"
#include "verdict/verdict.hpp"

namespace mta_sts::sender {

struct VerdictServiceLimits {
  std::size_t lookups = 256;        ///< TXT questions at once; more wait
  std::size_t refreshes = 16;       ///< of them for refresh, which nobody waits for
  std::size_t open_domains = 4096;  ///< domains being looked up or waiting for it; more are `resolver-busy`
  std::size_t waiters = 16384;      ///< askers waiting, all domains; more are `resolver-busy`
  std::size_t entries = 100000;     ///< domains remembered
  std::size_t entry_bytes = 64U << 20U;   ///< memory for them, about
  std::size_t store_bytes = 512U << 20U;  ///< of the store for them, about
  std::chrono::seconds txt_ttl_least{60};
  std::chrono::seconds txt_ttl_most{300};
  std::chrono::seconds txt_failure_ttl{5};
  std::chrono::seconds dns_failure_limit{
      std::chrono::hours(4)};              ///< TXT failing for so long is no record; 0: never
  std::chrono::seconds fetch_patience{4};  ///< then askers go by what is known, and the fetch goes on
  std::chrono::days unused_after{90};      ///< a policy nobody asked for so long is not refreshed any more

  /// A clock that says anything else is wrong: nothing is judged to have expired by it.
  std::chrono::sys_seconds clock_least = std::chrono::sys_seconds::min();
  std::chrono::sys_seconds clock_most = std::chrono::sys_seconds::max();

  bool operator==(const VerdictServiceLimits&) const = default;
};

/// Everything known of one Policy Domain, for `explain` and `cache show`.
struct Explanation {
  std::string domain;         ///< A-labels; as given where it has none
  Verdict verdict;            ///< what ask() would say of what is known now, without asking anyone
  std::string record;         ///< ok, none, error or temp; empty: TXT was not asked lately
  std::string record_detail;  ///< why the record is none, error or temp
  std::string record_id;      ///< the TXT record's id
  std::optional<std::chrono::sys_seconds> record_asked;
  std::optional<std::chrono::sys_seconds> record_until;  ///< the answer is used till then

  struct Policy {
    std::string id;
    std::string mode;
    std::vector<std::string> mx;
    std::chrono::seconds max_age{0};
    std::chrono::sys_seconds fetched;
    std::chrono::sys_seconds expires;  ///< the last second it is live
    std::optional<std::chrono::sys_seconds>
        next_refresh;  ///< by itself, not before this; else the next mail's
    bool live = false;
    std::string body;  ///< as served; empty where the store does not have it
  };
  std::optional<Policy> policy;
  std::vector<FailedFetch> failures;  ///< the last ones, one for each version id
  std::uint32_t failed_refreshes = 0;
  std::optional<std::chrono::sys_seconds> next_try;  ///< mail does not cause a fetch before this
  std::string peer;  ///< the address that the last fetch spoke to; empty: none since the start
  std::optional<std::chrono::sys_seconds> record_seen;    ///< a usable record was there, to the month
  std::optional<std::chrono::sys_seconds> failing_since;  ///< every TXT lookup since then has failed
  std::optional<std::chrono::sys_seconds> used;
  bool in_progress = false;  ///< a lookup or fetch is under way now
};

/// One line of `cache list`.
struct CacheLine {
  std::string domain;
  std::string id;
  std::string mode;
  std::chrono::sys_seconds fetched;
  std::chrono::sys_seconds expires;
  std::chrono::sys_seconds used;
  std::uint32_t failed_refreshes = 0;
};

/// What stats() gives: how often a thing happened since the start, by its word (of docs/errors.md where it is
/// an error); a gauge; or a metric of its own, with its labels in the name as Prometheus writes them.
struct Counter {
  enum class Kind : std::uint8_t { event, gauge, metric };

  std::string name;
  std::uint64_t value = 0;
  Kind kind = Kind::event;
  std::uint32_t parts = 1;  ///< the value counts in such parts of the unit: 1000 for thousandths
};

/// Domain -> Verdict: the sender's half as a whole. One event loop's thread; nothing blocks but the store.
/// A hit is answered from memory within ask(). One lookup and one fetch run for a domain at a time, however
/// many ask. RFC 8461 sections 3 and 5; design: decide in DomainState, this class does what it says.
class VerdictService {
 public:
  using Done = std::function<void(const Verdict&)>;
  using Refreshed = std::function<void(const Explanation&)>;

  /// The collaborators outlive this object; it calls them from ask(), refresh() and tick() alone, and expects
  /// their answers at any time until it is destroyed (late answers after that are dropped).
  VerdictService(DnsLookup& dns, PolicyFetch& fetch, PolicyStore& store, const Clock& clock, Log& log,
                 VerdictServiceLimits limits = {});
  ~VerdictService();

  VerdictService(const VerdictService&) = delete;
  VerdictService& operator=(const VerdictService&) = delete;

  /// Reads the store into memory. Rows that are damaged or over the limits are left out, logged as a number.
  void load();

  /// Gives the verdict on mail for `domain` (any bytes; U-labels as UTF-8) and calls `done` exactly once:
  /// within this call where nothing has to be asked, else later. Never fails: what is not known is `temp`
  /// with a reason. A `done` that is not called before the service is destroyed is dropped without a call.
  void ask(std::string_view domain, Done done);

  /// Looks up TXT and, unless the back-off forbids, fetches now, due or not; for `cache refresh`. `done` is
  /// called once with what is known then; false, without a call, where the domain cannot have a policy or too
  /// much is open.
  bool refresh(std::string_view domain, Refreshed done);

  /// The time between two calls of hurry().
  static constexpr std::chrono::milliseconds beat{250};

  /// Answers askers who have waited long enough with what is known: about a second for DNS where a policy is
  /// live, fetch_patience for a policy host. What they waited for goes on. Call it every beat while somebody
  /// waits; without it everybody waits to the end.
  void hurry();

  /// Tells whether somebody waits for an answer.
  [[nodiscard]] bool has_waiters() const;

  /// Does what is due: refreshes ahead of expiry, drops what has expired, writes last uses. Call it about
  /// once a second; cheap.
  void tick();

  /// Writes into the store what is not there yet, as far as it takes it; for the end.
  void write_all();

  /// Takes the administrator's exceptions in the place of those before; no policy known is lost by it.
  void set_exceptions(Exceptions exceptions);

  /// Tells the service that the trusted roots are others now: what failed by the old ones may be tried at
  /// once.
  void note_new_roots();

  /// Tells what is known of a domain, without asking anyone.
  [[nodiscard]] Explanation explain(std::string_view domain) const;

  /// Gives the domains with a policy, sorted, at most `limit`, beginning behind `after`.
  [[nodiscard]] std::vector<CacheLine> list(std::string_view after = {}, std::size_t limit = 1000) const;

  /// Forgets a domain, in memory and store. False: it was not there. A purge of a live enforce policy is a
  /// downgrade until the next fetch; it is logged.
  bool purge(std::string_view domain);

  /// purge() without a line of its own in the log, for many: see report_purge_of_all().
  bool purge_unlogged(std::string_view domain);

  /// Logs that this many domains, all that are known, are being purged. Call it before the first of them: a
  /// process that is stopped meanwhile has forgotten some.
  void report_purge_of_all(std::size_t number);

  /// Gives all domains of which something is known, for a purge.
  [[nodiscard]] std::vector<std::string> domains() const;

  /// Gives counters and gauges in a fixed order.
  [[nodiscard]] std::vector<Counter> stats() const;

  /// Tells whether nothing is under way and nothing is left to write: SIGTERM goes on with tick() until then.
  [[nodiscard]] bool idle() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace mta_sts::sender
