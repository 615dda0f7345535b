// What the service does where this host itself is in trouble: no verdict is drawn from it.
#include "sender/decide/verdict_core.hpp"

namespace mta_sts::sender {
namespace {

constexpr std::uint64_t witness_ticks = 10;

}  // namespace

// Without a clock nobody can say what is live. What is known is obeyed, for a policy that has expired in
// truth delays mail at worst; for what is not known, TXT is asked.
std::optional<Verdict> VerdictService::Core::known_without_clock(const DomainName& domain) const {
  const DomainEntry* entry = cache_.find(domain.text());
  return entry != nullptr && entry->state.policy()
             ? std::optional(entry->state.policy()->to_verdict(VerdictSource::cache))
             : std::nullopt;
}

bool VerdictService::Core::answer_without_clock(const DomainName& domain, const Done& done) {
  auto known = known_without_clock(domain);
  if (!known) {
    return false;
  }
  ++answered_from_memory_;
  const Verdict verdict = told(domain, *std::move(known));
  metrics_.tally(verdict);
  done(verdict);
  return true;
}

bool VerdictService::Core::is_clock_sane() const {
  const Time now = clock_.now();
  return limits_.clock_least <= now && now <= limits_.clock_most;
}

void VerdictService::Core::decide_without_clock(const FlightPtr& flight) {
  Verdict verdict = DomainState().conclude(Occasion::lookup, flight->txt.view(), nullptr, {}).verdict;
  if (flight->txt.outcome == TxtOutcome::ok) {
    verdict = temp_verdict("clock-wrong");
  }
  if (auto known = known_without_clock(flight->domain)) {  // asked for before the clock was wrong
    verdict = *std::move(known);
  }
  answer_waiters(*flight, verdict);
  end_flight(flight);
}

// Takes what a fetch shows to work: the way, and behind it the roots and the clock.
void VerdictService::Core::note_what_works(const FetchResult& result, Time now) {
  if (result || result.error().trusted) {
    health_.note_success(now);
  } else if (result.error().connected) {
    health_.note_connection(now);
  }
  report_trouble_end();
}

// Gives the word of this host's own trouble, where that is what ended a fetch; empty where it was not.
std::string_view VerdictService::Core::host_trouble(const std::string& domain, const FetchResult& result,
                                                    Time now) {
  if (result && result->shared) {
    return {};  // another host's success says nothing of this one
  }
  note_what_works(result, now);
  if (result) {
    return {};
  }
  const FetchError& error = result.error();
  if (!error.begun) {
    report_not_begun(domain, error, now);
    return to_string(error.kind);
  }
  const auto part = part_of(error);
  if (!part) {
    return {};
  }
  if (health_.note_failure(domain, *part, error, now)) {
    for (const std::string& other : health_.domains(*part)) {
      forget_failures(other);
    }
  }
  if (!health_.is_in_trouble(*part) && !(part == HostPart::route && health_.is_held(domain, now))) {
    return {};
  }
  report_trouble(domain, *part, error, now);
  return trouble_word;
}

// While this host seems to be in trouble, a policy that is known is fetched every few seconds, in turn: the
// first that works shows that the trouble is over, or was the domains' own, also where no mail goes out.
bool VerdictService::Core::is_witness(const std::string& domain, const DomainEntry& entry, Time now) const {
  return health_.is_in_trouble() && ticks_ >= witness_due_ && entry.state.live_policy(now) != nullptr &&
         entry.used + limits_.unused_after >= now && !health_.is_pausing(domain, now);
}

void VerdictService::Core::ask_witness(const DomainName& domain) {
  witness_due_ = ticks_ + witness_ticks;
  count("refreshes");
  join_flight(domain, false)->refreshed.emplace_back([](const Explanation&) {});
}

}  // namespace mta_sts::sender
