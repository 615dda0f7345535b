// What the service does where this host itself is in trouble: no verdict is drawn from it.
#include "sender/decide/verdict_core.hpp"

namespace mta_sts::sender {
namespace {

// Failures behind the check of the certificate: the way, the roots and the clock have done their part.
bool is_answer(FetchErrorKind kind) {
  switch (kind) {
    case FetchErrorKind::http_status:
    case FetchErrorKind::http_redirect:
    case FetchErrorKind::http_syntax:
    case FetchErrorKind::content_type:
    case FetchErrorKind::content_encoding:
    case FetchErrorKind::too_large:
    case FetchErrorKind::truncated:
    case FetchErrorKind::policy_invalid:
      return true;
    default:
      return false;
  }
}

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

// Gives the word of this host's own trouble, where that is what ended a fetch; empty where it was not.
std::string_view VerdictService::Core::host_trouble(const std::string& domain, const DomainEntry& entry,
                                                    const FetchResult& result, Time now) {
  if (result) {
    health_.note_success(now);
    return {};
  }
  const FetchError& error = result.error();
  if (!error.begun) {
    report_not_begun(domain, error, now);
    return to_string(error.kind);
  }
  const auto part = part_of(error);
  if (!part) {
    if (is_answer(error.kind)) {
      health_.note_success(now);
    }
    return {};
  }
  if (health_.note_failure(domain, *part, entry.state.policy().has_value(), now)) {
    for (const std::string& other : health_.domains(*part)) {
      forget_failures(other);
    }
  }
  if (!health_.is_in_trouble(*part)) {
    return {};
  }
  report_trouble(*part, error, now);
  return trouble_word;
}

}  // namespace mta_sts::sender
