#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "os/ip_address.hpp"
#include "sender/decide/domain_cache.hpp"
#include "sender/decide/exceptions.hpp"
#include "sender/decide/host_health.hpp"
#include "sender/decide/verdict_metrics.hpp"
#include "sender/decide/verdict_service.hpp"

namespace mta_sts::sender {

/// The inside of VerdictService: what is known, what is under way, and the way from the one to the other. It
/// is held by shared_ptr, so that an answer that comes after the service's end finds out and is dropped.
class VerdictService::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(DnsLookup& dns, PolicyFetch& fetch, PolicyStore& store, const Clock& clock, Log& log,
       VerdictServiceLimits limits);

  void load();
  void ask(std::string_view mail_domain, Done done);
  bool refresh(std::string_view mail_domain, Refreshed done);
  void tick();
  void write_all();
  void set_exceptions(Exceptions exceptions) { exceptions_ = std::move(exceptions); }
  void note_new_roots() { health_.end_pauses(); }
  void hurry();
  [[nodiscard]] bool has_waiters() const { return waiters_ > 0; }
  [[nodiscard]] Explanation explain(std::string_view mail_domain) const;
  [[nodiscard]] std::vector<CacheLine> list(std::string_view after, std::size_t limit) const;
  bool purge(std::string_view mail_domain);
  bool purge_unlogged(std::string_view mail_domain);
  void report_purge_of_all(std::size_t number);
  [[nodiscard]] std::vector<std::string> domains() const;
  [[nodiscard]] std::vector<Counter> stats() const;
  [[nodiscard]] bool idle() const { return flights_.empty() && used_.empty() && unsaved_.empty(); }

 private:
  using Time = std::chrono::sys_seconds;
  static constexpr std::string_view trouble_word = "fetches-fail-alike";
  static constexpr std::size_t rows_written_at_once = 200;
  static constexpr std::size_t uses_written_at_once = 200;

  // One domain being looked up, however many wait for it.
  struct Flight {
    enum class Stage : std::uint8_t { queued, asking_txt, fetching, ended };

    explicit Flight(DomainName name) : domain(std::move(name)) {}

    DomainName domain;
    std::vector<Done> waiters;
    std::vector<Refreshed> refreshed;
    Stage stage = Stage::queued;
    std::uint64_t begun = 0;         // in ticks, which no clock step touches
    std::uint64_t since = 0;         // in beats: when what its askers wait for now began
    std::optional<IpAddress> asked;  // the network of its policy host, once its fetch waits for no other
    bool background = false;         // a refresh ahead of expiry
    TxtMemory txt;                   // by it
    DomainEntry scratch;             // stands in where the cache has no room
  };
  using FlightPtr = std::shared_ptr<Flight>;

  DomainEntry& entry_of(Flight& flight);
  [[nodiscard]] bool answer_from_memory(const DomainName& domain, const Done& done);
  [[nodiscard]] bool answer_without_clock(const DomainName& domain, const Done& done);
  [[nodiscard]] bool is_clock_sane() const;
  [[nodiscard]] std::optional<Verdict> known_without_clock(const DomainName& domain) const;
  [[nodiscard]] Verdict told(const DomainName& domain, Verdict verdict);
  [[nodiscard]] static Verdict without_hosts(VerdictMode mode);
  [[nodiscard]] Verdict excepted(std::string_view domain, Verdict verdict) const;
  [[nodiscard]] std::optional<std::vector<std::string>> stored_patterns(const DomainName& domain,
                                                                        const Verdict& verdict) const;
  FlightPtr join_flight(const DomainName& domain, bool background);
  void start_lookups();
  void on_txt(const FlightPtr& flight, const DnsAnswer& answer);
  void decide(const FlightPtr& flight);
  void decide_without_clock(const FlightPtr& flight);
  void make_place(Flight& flight, const FetchResult& result, Time now);
  void note_what_works(const FetchResult& result, Time now);
  [[nodiscard]] std::string_view host_trouble(const std::string& domain, const FetchResult& result, Time now);
  [[nodiscard]] bool is_witness(const std::string& domain, const DomainEntry& entry, Time now) const;
  void ask_witness(const DomainName& domain);
  void on_policy(const FlightPtr& flight, const FetchResult& result);
  void end_flight(const FlightPtr& flight);
  void end_lost_flights();
  [[nodiscard]] static LookupProgress progress_of(const Flight& flight);
  [[nodiscard]] bool is_out_of_patience(const Flight& flight) const;
  [[nodiscard]] std::uint64_t fetch_patience_beats() const;
  [[nodiscard]] std::uint64_t fetch_patience_beats(const Flight& flight) const;
  void count_hanging();
  void answer_meanwhile(Flight& flight);
  [[nodiscard]] Verdict known_or_temp(const Flight& flight, std::string_view reason, Time now);
  [[nodiscard]] bool is_domains_own_trouble(const std::string& domain, const DnsAnswer& answer);
  void answer_waiters(Flight& flight, const Verdict& verdict);
  void apply(Flight& flight, const Conclusion& conclusion, const FetchResult* result);
  void persist(const std::string& domain, DomainEntry& entry, const FetchResult* result);
  void find_body(const std::string& domain, DomainEntry& entry, StoredEntry::Policy& stored);
  void remove_row(const std::string& domain, DomainEntry& entry);
  void forget(const std::string& domain, const DomainEntry& entry);
  void forget_failures(const std::string& domain);
  void reconcile(std::size_t most);
  void note_use(const std::string& domain, DomainEntry& entry, Time now);
  void write_uses(std::size_t most);
  struct Failing {
    bool alert = false;     // over a live policy that is not none
    bool expiring = false;  // which ends in days
    bool again = false;     // as the last time
  };

  void explain_row(const DomainName& domain, const CachedPolicy& known, Explanation& explanation) const;
  void explain_trouble(const DomainName& domain, Explanation& explanation) const;
  void report_full(Time now);
  void report_not_begun(const std::string& domain, const FetchError& error, Time now);
  void report_trouble(const std::string& domain, HostPart part, const FetchError& error, Time now);
  void report_trouble_end();
  void report_dns_trouble(const DnsAnswer& answer, Time now);
  void report_dns_trouble_end();
  void report_clock(Time now);
  void report_expiry(const std::string& domain, const Conclusion& conclusion);
  void report_dns_given_up(const std::string& domain, const DomainEntry& entry);
  void report_change(const std::string& domain, const DomainEntry& entry, const CachedPolicy* before);
  void report_failure(const std::string& domain, const DomainEntry& entry, const FetchError& error,
                      Failing failing);
  struct Due {
    std::vector<std::string> refreshes;
    std::string witness;
  };
  bool look_after(const std::string& domain, DomainEntry& entry, Time now, Due& due);
  void gauge_policies(std::vector<Counter>& counters) const;
  void count(std::string_view name) {
    const auto found = counters_.find(name);
    ++(found != counters_.end() ? found : counters_.emplace(name, 0).first)->second;
  }

  DnsLookup& dns_;
  PolicyFetch& fetch_;
  PolicyStore& store_;
  const Clock& clock_;
  Log& log_;
  VerdictServiceLimits limits_;
  DomainCache cache_;
  std::unordered_map<std::string, FlightPtr> flights_;
  std::deque<FlightPtr> queue_;  // for a TXT question
  std::size_t lookups_ = 0;
  bool starting_ = false;
  std::uint64_t ticks_ = 0;
  std::uint64_t beats_ = 0;
  std::uint64_t witness_due_ = 0;                     // in ticks
  bool many_hang_ = false;                            // as of the last beat
  std::map<IpAddress, std::size_t> hanging_at_;       // of each network, as of the last beat
  std::set<std::string, std::less<>> failing_names_;  // since the last good answer of DNS, a few of them
  std::size_t background_flights_ = 0;
  std::size_t waiters_ = 0;
  Exceptions exceptions_;
  HostHealth health_;
  std::vector<std::string> used_;            // domains whose last use is to be written
  std::unordered_set<std::string> unsaved_;  // domains whose row is not what is known of them
  bool store_failed_ = false;                // at the last try
  std::map<std::string, std::uint64_t, std::less<>> counters_;
  std::uint64_t& asked_;  // two of them, for the way of every hit
  std::uint64_t& answered_from_memory_;
  VerdictMetrics metrics_;
  Time full_logged_{};
  Time not_begun_logged_{};
  Time trouble_logged_{};
  std::optional<HostPart> trouble_told_;  // whose end is not told yet
  Time dns_logged_{};
  bool is_dns_trouble_told_ = false;  // and its end is not yet
  Time clock_logged_{};
};

}  // namespace mta_sts::sender
