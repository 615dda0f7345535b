#include "sender/decide/domain_state.hpp"

#include <algorithm>

#include "base/enum_names.hpp"
#include "sender/decide/stored_policy.hpp"
#include "sender/refresh_times.hpp"

namespace mta_sts::sender {
namespace {

using std::chrono::sys_seconds;

constexpr std::chrono::hours slowest_retry{1};
constexpr std::chrono::days record_seen_step{30};     // how seldom what is kept of a record is written anew
constexpr std::chrono::minutes failed_last_step{10};  // and of a failing lookup

// The clock of a stored time: between 1970 and the year 9999, so that no sum of two of them overflows.
bool is_plausible(sys_seconds time) {
  return time >= sys_seconds{} && time <= sys_seconds{std::chrono::seconds(253402300799)};
}

bool is_refresh(Occasion occasion) {
  return occasion == Occasion::refresh || occasion == Occasion::forced_refresh;
}

std::string_view reason_of(TxtOutcome outcome) {
  using enum TxtOutcome;
  static constexpr auto words = enum_names<TxtOutcome>({
      {ok, ""},
      {none, "txt-none"},
      {error, "txt-invalid"},
      {temp, "txt-lookup-failed"},
  });
  return words[outcome];
}

// A fetch that lies over a day ahead was dated by a clock that has been set back since: refresh it, so that
// its expiry does not stand for ever. Expiry itself does not move (P25).
bool is_refresh_due(const CachedPolicy& policy, sys_seconds now) {
  return now >= policy.refresh_due() || now < policy.fetched() - std::chrono::days(1);
}

// Both ways, so that a clock set back does not stretch it.
bool is_within(sys_seconds time, std::chrono::seconds span, sys_seconds now) {
  return now < time + span && now > time - span;
}

Verdict none_because(std::string_view reason) {
  Verdict verdict;
  verdict.mode = VerdictMode::none;
  verdict.reason = reason;
  return verdict;
}

LookupHistory plausible(const LookupHistory& stored) {
  LookupHistory lookups;
  if (is_plausible(stored.record_seen)) {
    lookups.record_seen = stored.record_seen;
  }
  if (is_plausible(stored.failing_since) && is_plausible(stored.failed_last) &&
      stored.failing_since <= stored.failed_last) {
    lookups.failing_since = stored.failing_since;
    lookups.failed_last = stored.failed_last;
  }
  return lookups;
}

}  // namespace

DomainState DomainState::from_stored(const StoredEntry& entry) {
  DomainState state;
  if (entry.policy && is_plausible(entry.policy->fetched)) {
    state.policy_ = read_stored_policy(*entry.policy);
    state.failed_refreshes_ = state.policy_ ? entry.failed_refreshes : 0;
  }
  for (const FailedFetch& failure : entry.failures) {
    if (state.failures_.size() < failure_limit && is_policy_id(failure.id) && is_plausible(failure.at) &&
        parse_fetch_error_kind(failure.word)) {
      state.failures_.push_back(failure);
    }
  }
  state.lookups_ = plausible(entry.lookups);
  if (state.policy_) {  // a row of before records were noted
    state.lookups_.record_seen = std::max(state.lookups_.record_seen, state.policy_->fetched());
  }
  return state;
}

void DomainState::to_stored(StoredEntry& entry) const {
  entry.failures = failures_;
  entry.lookups = lookups_;
  entry.failed_refreshes = failed_refreshes_;
  if (!policy_) {
    entry.policy.reset();
    return;
  }
  if (!entry.policy) {
    entry.policy = StoredEntry::Policy{};
  }
  entry.policy->id = policy_->id();
  entry.policy->fetched = policy_->fetched();
}

const CachedPolicy* DomainState::live_policy(sys_seconds now) const {
  return policy_ && policy_->is_live(now) ? &*policy_ : nullptr;
}

bool DomainState::is_idle(sys_seconds now) const {
  const bool has_failure = std::ranges::any_of(
      failures_, [&](const FailedFetch& failure) { return is_within(failure.at, failure_use, now); });
  const bool is_failing = lookups_.is_failing() && is_within(lookups_.failed_last, failing_gap, now);
  return live_policy(now) == nullptr && !has_failure && !is_failing;
}

bool DomainState::is_spent(sys_seconds now) const {
  const bool has_record = lookups_.has_seen_record() && is_within(lookups_.record_seen, record_memory, now);
  const bool has_grace = policy_ && now <= policy_->expires() + expired_grace;
  return is_idle(now) && !has_record && !has_grace;
}

const FailedFetch* DomainState::failure_of(std::string_view id, std::chrono::seconds within,
                                           sys_seconds now) const {
  const auto found = std::ranges::find_if(failures_, [&](const FailedFetch& failure) {
    return failure.id == id && is_within(failure.at, within, now);
  });
  return found == failures_.end() ? nullptr : &*found;
}

std::optional<sys_seconds> DomainState::backs_off_until(std::string_view id, sys_seconds now) const {
  const FailedFetch* failure = failure_of(id, back_off, now);
  return failure != nullptr ? std::optional(failure->at + back_off) : std::nullopt;
}

std::optional<Verdict> DomainState::interim(LookupProgress progress, TxtView txt, sys_seconds now) const {
  if (const CachedPolicy* live = live_policy(now)) {  // R74
    return live->to_verdict(VerdictSource::cache);
  }
  if (progress == LookupProgress::asking_txt || txt.outcome != TxtOutcome::ok) {
    return std::nullopt;
  }
  if (const FailedFetch* failure = failure_of(txt.id, failure_use, now)) {
    return none_because(failure->word);
  }
  // R73: a policy host that swallows packets has no policy, and must not hold mail up for ever. Not yet asked
  // is another thing: nothing was seen of this domain.
  return progress == LookupProgress::fetching ? std::optional(none_because("fetch-slow")) : std::nullopt;
}

std::optional<sys_seconds> DomainState::next_refresh(std::size_t seed) const {
  if (!policy_) {
    return std::nullopt;
  }
  if (failed_refreshes_ > 0 && !failures_.empty()) {
    // Each failure in a row doubles the pause, up to an hour.
    const auto doublings = std::min<std::uint32_t>(failed_refreshes_ - 1, 10);
    return failures_.back().at + std::min<std::chrono::seconds>(back_off * (1U << doublings), slowest_retry);
  }
  const auto due = policy_->fetched() + refresh_interval(policy_->max_age());
  if (due >= policy_->expires()) {
    return std::nullopt;  // one mail would make this host ask for months, several times a day
  }
  const auto spread = refresh_spread(policy_->max_age());
  return due +
         std::chrono::seconds(seed % static_cast<std::size_t>(std::max<std::int64_t>(spread.count(), 1)));
}

bool DomainState::wants_refresh(std::size_t seed, sys_seconds now) const {
  if (plan(Occasion::refresh, TxtView{}, now).kind != FetchPlan::Kind::fetch) {
    return false;
  }
  const auto next = next_refresh(seed);
  const bool retries = failed_refreshes_ > 0 && !failures_.empty();
  if (policy_->has_lost_patterns() && !retries) {
    return true;  // its mail waits for them
  }
  // Dated by a clock that has been set back since: not to wait for that day.
  return next && (now >= *next || now < (retries ? failures_.back().at : policy_->fetched()));
}

FetchPlan DomainState::plan(Occasion occasion, TxtView txt, sys_seconds now) const {
  const CachedPolicy* live = live_policy(now);
  const bool has_record = txt.outcome == TxtOutcome::ok;
  const bool new_id = has_record && (live == nullptr || live->id() != txt.id);  // R12, R90
  bool due = new_id || (live != nullptr && live->has_lost_patterns());
  if (occasion == Occasion::refresh) {
    // R86, R87: a refresh goes over HTTPS whatever TXT says; with nothing live there is nothing to refresh.
    due = live != nullptr && (due || is_refresh_due(*live, now));
  } else if (occasion == Occasion::forced_refresh) {
    due = has_record || live != nullptr;
  }
  if (!due) {
    return {};
  }
  FetchPlan plan{.kind = FetchPlan::Kind::fetch,
                 .id = std::string(has_record ? txt.id : live->id()),
                 .shared_since = std::nullopt};
  if (occasion != Occasion::forced_refresh) {
    plan.shared_since = shared_since();
  }
  if (failure_of(plan.id, back_off, now) != nullptr) {
    plan.kind = FetchPlan::Kind::back_off;
  }
  return plan;
}

// Only what was fetched after the policy that is known: an older one of another host may be weaker, and
// whoever forges an id of former times must not bring it back.
sys_seconds DomainState::shared_since() const {
  if (!policy_) {
    return sys_seconds{};
  }
  return policy_->has_lost_patterns() ? policy_->fetched() : policy_->fetched() + std::chrono::seconds(1);
}

Conclusion DomainState::conclude(Occasion occasion, TxtView txt, const FetchResult* fetched,
                                 sys_seconds now) {
  Conclusion conclusion;
  if (note_expiry(now)) {
    conclusion.changed = true;
    conclusion.replaced = true;
  }
  note_lookup(txt, now, conclusion);
  const CachedPolicy* live = live_policy(now);
  if (fetched == nullptr || (txt.outcome != TxtOutcome::ok && live == nullptr)) {
    // Without a record and a live policy nothing says under which id the result would count.
    conclusion.verdict = verdict_now(txt, now);
    return conclusion;
  }
  const std::string id(txt.outcome == TxtOutcome::ok ? txt.id : live->id());
  conclusion.changed = true;
  if (*fetched) {
    adopt_policy(id, **fetched, now, conclusion);
    if (!is_refresh(occasion)) {  // P3: a max_age of 0 holds for this delivery
      const FetchedPolicy& policy = **fetched;
      conclusion.verdict = CachedPolicy(id, policy.policy, policy.shared.value_or(now))
                               .to_verdict(policy.shared ? VerdictSource::cache : VerdictSource::fetch);
    } else {
      conclusion.verdict =
          live_policy(now) != nullptr ? verdict_now(txt, now) : none_because("policy-expired-at-once");
    }
  } else {
    note_failure(id, fetched->error(), now, conclusion);
    conclusion.verdict = verdict_now(txt, now);
  }
  return conclusion;
}

bool DomainState::note_expiry(sys_seconds now) {
  const bool has_expired = policy_ && !policy_->is_live(now);
  const bool is_new = has_expired && !expiry_noted_;
  expiry_noted_ = has_expired;  // a clock that is set back makes it live again
  if (is_new) {
    failed_refreshes_ = 0;
  }
  return is_new;
}

bool DomainState::drop_expired(sys_seconds now) {
  const bool is_over = policy_ && now > policy_->expires() + expired_grace;
  if (is_over) {
    policy_.reset();
  }
  return is_over;
}

void DomainState::shed_patterns() {
  if (policy_) {
    policy_->shed_patterns();
  }
}

void DomainState::lose_patterns() {
  if (policy_) {
    policy_->lose_patterns();
  }
}

// What TXT came to over time. A domain that ever had a record is never taken for one without, however long
// DNS fails: whoever can make it fail would take its policy away.
void DomainState::note_lookup(TxtView txt, sys_seconds now, Conclusion& conclusion) {
  if (txt.outcome == TxtOutcome::ok &&
      !(lookups_.has_seen_record() && is_within(lookups_.record_seen, record_seen_step, now))) {
    lookups_.record_seen = now;
    conclusion.changed = true;
  }
  if (txt.outcome != TxtOutcome::temp) {
    conclusion.changed = conclusion.changed || lookups_.is_failing();
    lookups_.failing_since = lookups_.failed_last = {};
    return;
  }
  if (txt.failure_limit == std::chrono::seconds(0) || lookups_.has_seen_record()) {
    return;
  }
  if (!lookups_.is_failing() || !is_within(lookups_.failed_last, failing_gap, now)) {
    lookups_.failing_since = lookups_.failed_last = now;
    conclusion.changed = true;
  } else if (now >= lookups_.failed_last + failed_last_step) {
    conclusion.gave_up_dns = lookups_.failed_last < lookups_.failing_since + txt.failure_limit &&
                             now >= lookups_.failing_since + txt.failure_limit;
    lookups_.failed_last = now;
    conclusion.changed = true;
  }
}

bool DomainState::has_given_up_dns(TxtView txt, sys_seconds now) const {
  return txt.outcome == TxtOutcome::temp && txt.failure_limit > std::chrono::seconds(0) &&
         !lookups_.has_seen_record() && lookups_.is_failing() &&
         now >= lookups_.failing_since + txt.failure_limit;
}

bool DomainState::is_expiring(sys_seconds now) const {
  return policy_ && policy_->mode() != Mode::none && failed_refreshes_ > 1 &&
         now + std::min<std::chrono::seconds>(expiry_warning, policy_->max_age() / 2) >= policy_->expires();
}

void DomainState::adopt_policy(std::string_view id, const FetchedPolicy& fetched, sys_seconds now,
                               Conclusion& conclusion) {
  conclusion.adopted = true;
  std::erase_if(failures_, [&](const FailedFetch& failure) { return failure.id == id; });
  failed_refreshes_ = 0;
  if (fetched.policy.max_age_used() == std::chrono::seconds(0)) {
    conclusion.replaced = live_policy(now) != nullptr;
    policy_.reset();
    return;
  }
  CachedPolicy policy(id, fetched.policy, fetched.shared.value_or(now));
  const CachedPolicy* live = live_policy(now);
  conclusion.replaced = live == nullptr || !live->is_same(policy);
  policy_ = std::move(policy);  // R83, R92: at once, shorter max_age or none too
  expiry_noted_ = false;
}

void DomainState::note_failure(std::string_view id, const FetchError& error, sys_seconds now,
                               Conclusion& conclusion) {
  const bool was_expiring = !failures_.empty() && is_expiring(failures_.back().at);
  const sys_seconds last = failures_.empty() ? sys_seconds{} : failures_.back().at;
  std::erase_if(failures_, [&](const FailedFetch& failure) { return failure.id == id; });
  if (failures_.size() >= failure_limit) {
    failures_.erase(failures_.begin());
  }
  failures_.push_back({.id = std::string(id), .at = now, .word = std::string(to_string(error.kind))});
  // R85: neither policy nor expiry changes.
  if (live_policy(now) != nullptr) {
    ++failed_refreshes_;
    conclusion.alert = policy_->mode() != Mode::none;
    const auto days_left = [this](sys_seconds time) {
      return std::chrono::ceil<std::chrono::days>(policy_->expires() - time);
    };
    conclusion.expiring = is_expiring(now) && (!was_expiring || days_left(now) != days_left(last));
  }
}

Verdict DomainState::verdict_now(TxtView txt, sys_seconds now) const {
  if (const CachedPolicy* live = live_policy(now)) {  // R74
    return live->to_verdict(VerdictSource::cache);
  }
  if (txt.outcome == TxtOutcome::ok) {
    const FailedFetch* failure = failure_of(txt.id, failure_use, now);  // R73
    return none_because(failure != nullptr ? std::string_view(failure->word) : "policy-expired-at-once");
  }
  if (has_given_up_dns(txt, now)) {
    return none_because("dns-failure-limit");
  }
  Verdict verdict;
  verdict.mode = txt.outcome == TxtOutcome::temp ? VerdictMode::temp : VerdictMode::none;  // P6
  verdict.reason = reason_of(txt.outcome);
  return verdict;
}

}  // namespace mta_sts::sender
