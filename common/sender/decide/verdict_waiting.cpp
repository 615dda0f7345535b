// Askers who do not wait to the end, and what a failing DNS says of a domain. R73, R74.
#include <algorithm>

#include "sender/decide/verdict_core.hpp"

namespace mta_sts::sender {
namespace {

constexpr std::uint64_t flight_limit_ticks = 240;  // far over the time of a lookup and a fetch
constexpr std::uint64_t txt_patience_beats = std::chrono::milliseconds(1000) / VerdictService::beat;

// Where so many fetches hang at once for half the patience, nobody waits longer than that: each delivery
// process of a mail server that waits for one of them sends no other mail. Where they hang in one network,
// half of that is enough there.
constexpr std::size_t many_hanging = 8;

// So many domains failing one after the other, and none going well, are the name server's trouble.
constexpr std::size_t failing_names_limit = 8;

bool is_failure(DnsStatus status) {
  return status != DnsStatus::no_error && status != DnsStatus::no_data && status != DnsStatus::nx_domain;
}

}  // namespace

LookupProgress VerdictService::Core::progress_of(const Flight& flight) {
  if (flight.stage != Flight::Stage::fetching) {
    return LookupProgress::asking_txt;
  }
  return flight.asked ? LookupProgress::fetching : LookupProgress::waiting_for_place;
}

bool VerdictService::Core::is_out_of_patience(const Flight& flight) const {
  const LookupProgress progress = progress_of(flight);
  return beats_ - flight.since >=
         (progress == LookupProgress::asking_txt ? txt_patience_beats : fetch_patience_beats(flight));
}

std::uint64_t VerdictService::Core::fetch_patience_beats(const Flight& flight) const {
  const auto at = flight.asked ? hanging_at_.find(*flight.asked) : hanging_at_.end();
  const bool many_here = at != hanging_at_.end() && at->second >= many_hanging;
  return fetch_patience_beats() / (many_here ? 4 : many_hang_ ? 2 : 1);
}

std::uint64_t VerdictService::Core::fetch_patience_beats() const {
  return static_cast<std::uint64_t>(limits_.fetch_patience / VerdictService::beat);
}

void VerdictService::Core::count_hanging() {
  std::size_t hanging = 0;
  hanging_at_.clear();
  for (const auto& [domain, flight] : flights_) {
    if (flight->stage == Flight::Stage::fetching && flight->asked &&
        beats_ - flight->since >= fetch_patience_beats() / 2) {
      ++hanging;
      ++hanging_at_[*flight->asked];
    }
  }
  many_hang_ = hanging >= many_hanging;
}

void VerdictService::Core::answer_meanwhile(Flight& flight) {
  const Time now = clock_.now();
  DomainEntry& entry = entry_of(flight);
  if (!is_clock_sane()) {
    return;
  }
  auto verdict = entry.state.interim(progress_of(flight), flight.txt.view(), now);
  if (verdict && flight.stage == Flight::Stage::fetching && health_.is_cut_off()) {
    verdict = known_or_temp(flight, trouble_word, now);  // the silence may be this host's
  }
  if (verdict) {
    count("answered-meanwhile");
    note_use(flight.domain.text(), entry, now);
    answer_waiters(flight, *verdict);
  }
}

void VerdictService::Core::hurry() {
  ++beats_;
  count_hanging();
  std::vector<FlightPtr> tired;
  for (const auto& [domain, flight] : flights_) {
    if (!flight->waiters.empty() && is_out_of_patience(*flight)) {
      tired.push_back(flight);
    }
  }
  for (const FlightPtr& flight : tired) {
    if (flight->stage != Flight::Stage::ended) {
      answer_meanwhile(*flight);
    }
  }
}

// The verdict where a lookup or fetch came to nothing by no fault of the domain's.
Verdict VerdictService::Core::known_or_temp(const Flight& flight, std::string_view reason, Time now) {
  const DomainEntry* entry = cache_.find(flight.domain.text());
  const DomainState& state = entry != nullptr ? entry->state : flight.scratch.state;
  const LookupProgress progress = flight.stage == Flight::Stage::fetching ? LookupProgress::waiting_for_place
                                                                          : LookupProgress::asking_txt;
  return state.interim(progress, flight.txt.view(), now).value_or(temp_verdict(reason));
}

bool VerdictService::Core::is_domains_own_trouble(const std::string& domain, const DnsAnswer& answer) {
  if (answer.own_trouble) {
    report_dns_trouble(answer, clock_.now());
    return false;
  }
  if (!is_failure(answer.status)) {
    failing_names_.clear();
    report_dns_trouble_end();
    return true;
  }
  if (failing_names_.size() < failing_names_limit) {
    failing_names_.insert(domain);
  }
  if (failing_names_.size() < failing_names_limit) {
    return true;
  }
  report_dns_trouble(answer, clock_.now());
  return false;
}

// An answer that never comes (memory ran out under it) must not keep a domain waiting for ever.
void VerdictService::Core::end_lost_flights() {
  std::vector<FlightPtr> lost;
  for (const auto& [domain, flight] : flights_) {
    if (ticks_ - flight->begun > flight_limit_ticks) {
      lost.push_back(flight);
    }
  }
  for (const FlightPtr& flight : lost) {
    count("lookup-lost");
    log_.write(LogLevel::error, "lookup-lost",
               "the lookup of " + flight->domain.text() + " never ended; its mail is asked for again");
    lookups_ -= flight->stage == Flight::Stage::asking_txt ? 1U : 0U;
    answer_waiters(*flight, known_or_temp(*flight, "lookup-lost", clock_.now()));
    end_flight(flight);
  }
}

}  // namespace mta_sts::sender
