#include "sender/decide/verdict_core.hpp"
#include "policy/policy_host.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/guarded.hpp"
#include "sender/decide/policy_domain.hpp"

namespace mta_sts::sender {
namespace {

constexpr std::size_t visit_parts = 60;  // every entry is looked after once a minute

// Counted from the start, so that a zero is told from a name that does not exist.
constexpr std::array<std::string_view, 22> counter_names{"answered-after-lookup",
                                                         "answered-from-memory",
                                                         "answered-meanwhile",
                                                         "answered-without-lookup",
                                                         "asked",
                                                         "cache-evicted",
                                                         "cache-full",
                                                         "clock-wrong",
                                                         "dns-failure-limit",
                                                         "fetch-ok",
                                                         "fetches",
                                                         "fetches-fail-alike",
                                                         "lookup-lost",
                                                         "policy-expired",
                                                         "policy-expiring",
                                                         "purged",
                                                         "refresh-asked",
                                                         "refresh-failed",
                                                         "refreshes",
                                                         "resolver-busy",
                                                         "txt-lookup-failed",
                                                         "txt-lookups"};

// Sets a flag back on every way out.
struct Restore {
  bool& flag;
  ~Restore() { flag = false; }
};

bool is_fetch(const FetchPlan& plan) {
  return plan.kind == FetchPlan::Kind::fetch;
}

// Puts a plan into an order; false where nothing is to be fetched by it.
bool plan_fetch(FetchPlan plan, FetchOrder& order) {
  if (!is_fetch(plan)) {
    return false;
  }
  order.id = std::move(plan.id);
  order.shared_since = plan.shared_since;
  return true;
}

bool is_shared(const FetchResult& result) {
  return result && result->shared.has_value();
}

TxtMemory remember_txt(const DnsAnswer& answer, std::chrono::sys_seconds now,
                       const VerdictServiceLimits& limits) {
  TxtRecord record = parse_txt_answer(to_txt_answer(answer));
  TxtMemory memory;
  memory.asked = now;
  memory.outcome = record.outcome;
  memory.error = record.error;
  memory.status = answer.status;
  memory.failure_limit_seconds = static_cast<std::uint32_t>(limits.dns_failure_limit.count());
  memory.candidates = static_cast<std::uint8_t>(std::min<std::size_t>(record.candidates, 255));
  memory.until = now + (record.outcome == TxtOutcome::temp
                            ? limits.txt_failure_ttl
                            : std::clamp(answer.ttl, limits.txt_ttl_least, limits.txt_ttl_most));
  if (record.outcome == TxtOutcome::ok) {
    memory.id = std::move(record.id);
    memory.id.shrink_to_fit();
  }
  return memory;
}

}  // namespace

VerdictService::Core::Core(DnsLookup& dns, PolicyFetch& fetch, PolicyStore& store, const Clock& clock,
                           Log& log, VerdictServiceLimits limits)
    : dns_(dns),
      fetch_(fetch),
      store_(store),
      clock_(clock),
      log_(log),
      limits_(limits),
      cache_({.entries = limits.entries, .bytes = limits.entry_bytes, .row_bytes = limits.store_bytes},
             [this](const std::string& domain, const DomainEntry& entry) { forget(domain, entry); }),
      asked_(counters_["asked"]),
      answered_from_memory_(counters_["answered-from-memory"]) {
  for (const std::string_view name : counter_names) {
    counters_.emplace(name, 0);
  }
}

DomainEntry& VerdictService::Core::entry_of(Flight& flight) {
  DomainEntry* entry = cache_.find(flight.domain.text());
  return entry != nullptr ? *entry : flight.scratch;
}

void VerdictService::Core::ask(std::string_view mail_domain, Done done) {
  ++asked_;
  const auto domain = policy_domain_of(mail_domain);
  if (!domain) {
    count("answered-without-lookup");
    metrics_.tally(domain.error());
    done(domain.error());
    return;
  }
  const Exception* exception = exceptions_.find(domain->text());
  if (const auto verdict = exception != nullptr ? exception->verdict(clock_.now()) : std::nullopt) {
    count("answered-without-lookup");
    metrics_.tally(*verdict);
    done(*verdict);
    return;
  }
  if (!is_clock_sane() ? answer_without_clock(*domain, done) : answer_from_memory(*domain, done)) {
    return;
  }
  const bool open = flights_.contains(domain->text());
  if (waiters_ >= limits_.waiters || (!open && flights_.size() >= limits_.open_domains)) {
    count("resolver-busy");
    const Time now = clock_.now();
    const DomainEntry* entry = cache_.find(domain->text());
    const bool fresh = entry != nullptr && entry->txt.is_fresh(now);
    const auto known = entry == nullptr ? std::nullopt
                                        : entry->state.interim(fresh ? LookupProgress::waiting_for_place
                                                                     : LookupProgress::asking_txt,
                                                               entry->txt.view(), now);
    const Verdict verdict = told(*domain, known.value_or(temp_verdict("resolver-busy")));
    metrics_.tally(verdict);
    done(verdict);
    return;
  }
  const FlightPtr flight = join_flight(*domain, false);
  flight->waiters.push_back(std::move(done));
  ++waiters_;
  start_lookups();
  if (flight->stage != Flight::Stage::ended && is_out_of_patience(*flight)) {
    answer_meanwhile(*flight);  // others have waited for the same already
  }
}

// A hit: TXT was asked within its TTL, and what it said calls for no fetch.
bool VerdictService::Core::answer_from_memory(const DomainName& domain, const Done& done) {
  const Time now = clock_.now();
  DomainEntry* entry = cache_.find(domain.text());
  if (entry == nullptr || !entry->txt.is_fresh(now)) {
    return false;
  }
  const TxtView txt = entry->txt.view();
  Verdict verdict;
  if (!is_fetch(entry->state.plan(Occasion::lookup, txt, now))) {
    Conclusion conclusion = entry->state.conclude(Occasion::lookup, txt, nullptr, now);
    if (conclusion.changed) {
      report_expiry(domain.text(), conclusion);
      persist(domain.text(), *entry, nullptr);
    }
    verdict = std::move(conclusion.verdict);
  } else if (health_.is_pausing(domain.text(), now)) {
    verdict = entry->state.interim(LookupProgress::waiting_for_place, txt, now)
                  .value_or(temp_verdict(trouble_word));
  } else {
    return false;
  }
  ++answered_from_memory_;
  note_use(domain.text(), *entry, now);
  verdict = told(domain, std::move(verdict));
  metrics_.tally(verdict);
  done(verdict);
  return true;
}

VerdictService::Core::FlightPtr VerdictService::Core::join_flight(const DomainName& domain, bool background) {
  FlightPtr& flight = flights_[domain.text()];
  if (!flight) {
    flight = std::make_shared<Flight>(domain);
    flight->background = background;
    flight->begun = ticks_;
    flight->since = beats_;
    background_flights_ += background ? 1U : 0U;
    queue_.push_back(flight);
  }
  return flight;
}

// An answer may come within the call; the outermost one goes through the queue then.
void VerdictService::Core::start_lookups() {
  if (std::exchange(starting_, true)) {
    return;
  }
  const Restore restore{starting_};
  while (!queue_.empty() && lookups_ < limits_.lookups) {
    const FlightPtr flight = queue_.front();
    queue_.pop_front();
    if (flight->stage != Flight::Stage::queued) {
      continue;
    }
    flight->stage = Flight::Stage::asking_txt;
    ++lookups_;
    count("txt-lookups");
    dns_.lookup(record_name(flight->domain), DnsType::txt,
                [weak = weak_from_this(), flight](const DnsAnswer& answer) {
                  if (const auto self = weak.lock(); self && flight->stage == Flight::Stage::asking_txt) {
                    --self->lookups_;
                    self->on_txt(flight, answer);
                    self->start_lookups();
                  }
                });
  }
}

void VerdictService::Core::on_txt(const FlightPtr& flight, const DnsAnswer& answer) {
  const Time now = clock_.now();
  flight->txt = remember_txt(answer, now, limits_);
  if (!is_domains_own_trouble(flight->domain.text(), answer)) {
    flight->txt.failure_limit_seconds = 0;
  }
  if (flight->txt.outcome == TxtOutcome::temp) {
    count("txt-lookup-failed");
  }
  if (!is_clock_sane()) {
    decide_without_clock(flight);
    return;
  }
  static_cast<void>(cache_.remember(flight->domain.text(), Newcomer{}, now));
  entry_of(*flight).txt = flight->txt;
  cache_.recount(flight->domain.text(), now);
  decide(flight);
}

// TXT is known: answers who can be answered, and fetches where the state of the domain says so.
void VerdictService::Core::decide(const FlightPtr& flight) {
  const Time now = clock_.now();
  const TxtView txt = flight->txt.view();
  DomainEntry& entry = entry_of(*flight);
  bool fetch = false;
  FetchOrder order;
  if (!flight->waiters.empty()) {
    note_use(flight->domain.text(), entry, now);
    fetch = plan_fetch(entry.state.plan(Occasion::lookup, txt, now), order);
    if (!fetch) {
      const Conclusion conclusion = entry.state.conclude(Occasion::lookup, txt, nullptr, now);
      apply(*flight, conclusion, nullptr);
      answer_waiters(*flight, conclusion.verdict);
    }
  }
  // Whoever was answered may have changed what is known: nothing is kept over it.
  const DomainState& state = entry_of(*flight).state;
  if (flight->background) {
    fetch = plan_fetch(state.plan(Occasion::refresh, txt, now), order) || fetch;
  }
  if (!flight->refreshed.empty()) {
    fetch = plan_fetch(state.plan(Occasion::forced_refresh, txt, now), order) || fetch;
  }
  if (!fetch) {
    end_flight(flight);
    return;
  }
  count("fetches");
  flight->stage = Flight::Stage::fetching;
  flight->since = beats_;
  const bool is_first =
      !flight->waiters.empty() && !state.interim(LookupProgress::waiting_for_place, txt, now).has_value();
  order.rank = is_first ? FetchRank::first : FetchRank::again;
  order.begun = [weak = weak_from_this(), flight](const IpAddress& address) {
    if (const auto self = weak.lock()) {
      flight->since = self->beats_;
      flight->asked = address.network();
    }
  };
  order.done = [weak = weak_from_this(), flight](const FetchResult& result) {
    const auto self = weak.lock();
    if (self && flight->stage == Flight::Stage::fetching) {
      self->on_policy(flight, result);
    }
  };
  fetch_.fetch(flight->domain, std::move(order));
}

void VerdictService::Core::on_policy(const FlightPtr& flight, const FetchResult& result) {
  if (!is_clock_sane()) {
    decide_without_clock(flight);  // neither its certificate nor its date can be judged
    return;
  }
  const Time now = clock_.now();
  const Occasion occasion = flight->waiters.empty() ? Occasion::refresh : Occasion::lookup;
  make_place(*flight, result, now);
  DomainEntry& entry = entry_of(*flight);
  if (const auto word = host_trouble(flight->domain.text(), result, now); !word.empty()) {
    // No failure of the domain's: it neither goes without its policy for that, nor waits out a back-off.
    answer_waiters(*flight, known_or_temp(*flight, word, now));
    end_flight(flight);
    return;
  }
  if (!is_shared(result)) {
    metrics_.note_fetch(result);
    entry.peer = IpAddress::parse(result ? result->peer : result.error().peer);
  }
  const CachedPolicy* live_before = entry.state.live_policy(now);
  const std::optional<CachedPolicy> before =
      live_before != nullptr ? std::optional(*live_before) : std::nullopt;
  const std::vector<FailedFetch> failures = entry.state.failures();
  const Conclusion conclusion = entry.state.conclude(occasion, flight->txt.view(), &result, now);
  count(is_shared(result) ? "fetch-shared" : result ? "fetch-ok" : to_string(result.error().kind));
  if (!result) {
    const bool again = std::ranges::any_of(
        failures, [&](const FailedFetch& failure) { return failure.word == to_string(result.error().kind); });
    report_failure(flight->domain.text(), entry, result.error(),
                   {.alert = conclusion.alert, .expiring = conclusion.expiring, .again = again});
  } else if (!conclusion.adopted) {
    report_expiry(flight->domain.text(), conclusion);
  } else if (conclusion.replaced) {
    report_change(flight->domain.text(), entry, before ? &*before : nullptr);
  }
  if (result && entry.holder == 0) {  // who lets policies move on finds no new share for each
    entry.holder = holder_of(result->peer);
  }
  apply(*flight, conclusion, &result);
  answer_waiters(*flight, conclusion.verdict);
  end_flight(flight);
}

void VerdictService::Core::apply(Flight& flight, const Conclusion& conclusion, const FetchResult* result) {
  if (!conclusion.changed) {
    return;
  }
  const std::string& domain = flight.domain.text();
  if (result == nullptr) {
    report_expiry(domain, conclusion);
  }
  if (conclusion.gave_up_dns) {
    report_dns_given_up(domain, entry_of(flight));
  }
  if (DomainEntry* entry = cache_.find(domain)) {
    persist(domain, *entry, conclusion.adopted ? result : nullptr);
    if (!cache_.recount(domain, clock_.now())) {
      report_full(clock_.now());
    }
  }
}

// Room made for others meanwhile may have taken the entry, or there was none for a domain without a policy; a
// policy is worth more.
void VerdictService::Core::make_place(Flight& flight, const FetchResult& result, Time now) {
  if (cache_.find(flight.domain.text()) != nullptr) {
    return;
  }
  const Newcomer newcomer = result ? Newcomer{.rank = eviction_rank({.live = result->policy.mode}),
                                              .holder = holder_of(result->peer)}
                                   : Newcomer{};
  if (DomainEntry* entry = cache_.remember(flight.domain.text(), newcomer, now)) {
    entry->adopt(std::exchange(flight.scratch, {}));
    entry->txt = flight.txt;
    cache_.recount(flight.domain.text(), now);
  } else if (result) {
    report_full(now);
  }
}

void VerdictService::Core::answer_waiters(Flight& flight, const Verdict& verdict) {
  const std::vector<Done> waiters = std::exchange(flight.waiters, {});
  waiters_ -= waiters.size();
  if (waiters.empty()) {
    return;
  }
  const Verdict words = told(flight.domain, verdict);
  for (const Done& done : waiters) {
    count("answered-after-lookup");
    metrics_.tally(words);
    guarded_void([&] { done(words); });  // one asker's trouble is not the others'
  }
}

// The end of a flight. Who came while the others were being answered gets a flight of its own.
void VerdictService::Core::end_flight(const FlightPtr& flight) {
  flight->stage = Flight::Stage::ended;
  flights_.erase(flight->domain.text());
  background_flights_ -= flight->background ? 1U : 0U;
  for (const Refreshed& done : std::exchange(flight->refreshed, {})) {
    guarded_void([&] { done(explain(flight->domain.text())); });
  }
  std::vector<Done> late = std::exchange(flight->waiters, {});
  waiters_ -= late.size();
  for (Done& done : late) {
    ask(flight->domain.text(), std::move(done));
  }
}

bool VerdictService::Core::refresh(std::string_view mail_domain, Refreshed done) {
  const auto domain = policy_domain_of(mail_domain);
  if (!domain || (!flights_.contains(domain->text()) && flights_.size() >= limits_.open_domains)) {
    return false;
  }
  count("refresh-asked");
  const FlightPtr flight = join_flight(*domain, false);
  flight->refreshed.push_back(std::move(done));
  start_lookups();
  return true;
}

void VerdictService::Core::tick() {
  const Time now = clock_.now();
  ++ticks_;
  end_lost_flights();
  reconcile(rows_written_at_once);
  if (!is_clock_sane()) {
    report_clock(now);
    start_lookups();
    return;
  }
  Due due;
  cache_.visit_some(visit_parts, [&](const std::string& domain, DomainEntry& entry) {
    return look_after(domain, entry, now, due);
  });
  for (const std::string& name : due.refreshes) {
    const auto domain = policy_domain_of(name);
    if (domain && background_flights_ < limits_.refreshes && flights_.size() < limits_.open_domains &&
        !flights_.contains(name)) {
      count("refreshes");
      join_flight(*domain, true);
    }
  }
  if (const auto witness = policy_domain_of(due.witness);
      witness && flights_.size() < limits_.open_domains && !flights_.contains(due.witness)) {
    ask_witness(*witness);
  }
  start_lookups();
  write_uses(uses_written_at_once);
}

// Looks after one entry in its turn. False: it means nothing any more.
bool VerdictService::Core::look_after(const std::string& domain, DomainEntry& entry, Time now, Due& due) {
  if (flights_.contains(domain)) {
    return true;
  }
  Conclusion conclusion;
  conclusion.replaced = entry.state.note_expiry(now);
  report_expiry(domain, conclusion);
  // A clock that is ahead makes everything look old: nothing is forgotten for its age before a fetch has
  // shown that it is right.
  const bool may_forget = health_.is_clock_shown(now);
  const bool dropped = may_forget && entry.state.drop_expired(now);
  if ((may_forget ? entry.state.is_spent(now) : entry.state.is_empty()) && !entry.txt.is_fresh(now)) {
    remove_row(domain, entry);
    return false;
  }
  if (conclusion.replaced || dropped) {
    persist(domain, entry, nullptr);
  } else if (!health_.is_pausing(domain, now) && entry.used + limits_.unused_after >= now &&
             entry.state.wants_refresh(std::hash<std::string_view>()(domain), now)) {
    due.refreshes.push_back(domain);
  } else if (due.witness.empty() && is_witness(domain, entry, now)) {
    due.witness = domain;
  }
  return true;
}

}  // namespace mta_sts::sender
