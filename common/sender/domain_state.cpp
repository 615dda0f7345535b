#include "sender/domain_state.hpp"

#include <algorithm>

#include "policy/parse_policy.hpp"

namespace mta_sts {
namespace {

using std::chrono::sys_seconds;

// The clock of a stored time: between 1970 and the year 9999, so that no sum of two of them overflows.
bool is_plausible(sys_seconds time) {
  return time >= sys_seconds{} && time <= sys_seconds{std::chrono::seconds(253402300799)};
}

bool is_refresh(Occasion occasion) {
  return occasion == Occasion::refresh || occasion == Occasion::forced_refresh;
}

std::string_view reason_of(TxtOutcome outcome) {
  switch (outcome) {
    case TxtOutcome::none:
      return "txt-none";
    case TxtOutcome::error:
      return "txt-invalid";
    case TxtOutcome::temp:
      return "txt-lookup-failed";
    case TxtOutcome::ok:
      break;
  }
  return {};
}

// A fetch that lies over a day ahead was dated by a clock that has been set back since: refresh it, so that
// its expiry does not stand for ever. Expiry itself does not move (P25).
bool is_refresh_due(const CachedPolicy& policy, sys_seconds now) {
  return now >= policy.refresh_due() || now < policy.fetched() - std::chrono::days(1);
}

bool is_same(const std::optional<CachedPolicy>& before, const CachedPolicy& after) {
  return before && before->id() == after.id() && before->mode() == after.mode() && before->mx() == after.mx();
}

}  // namespace

std::string_view to_string(BounceOutcome outcome) {
  switch (outcome) {
    case BounceOutcome::defer:
      return "defer";
    case BounceOutcome::may_bounce:
      return "may-bounce";
    case BounceOutcome::retry:
      return "retry";
  }
  return "defer";
}

DomainState DomainState::from_stored(const StoredEntry& entry) {
  DomainState state;
  if (entry.policy && is_policy_id(entry.policy->id) && is_plausible(entry.policy->fetched)) {
    const auto policy = parse_policy(entry.policy->body, Reading::sender);
    if (policy && policy->max_age_used() > std::chrono::seconds(0)) {  // P3: max_age 0 is never stored
      state.policy_.emplace(entry.policy->id, *policy, entry.policy->fetched);
      state.failed_refreshes_ = entry.failed_refreshes;
    }
  }
  for (const FailedFetch& failure : entry.failures) {
    if (state.failures_.size() < failure_limit && is_policy_id(failure.id) && is_plausible(failure.at) &&
        parse_fetch_error_kind(failure.word)) {
      state.failures_.push_back(failure);
    }
  }
  return state;
}

void DomainState::to_stored(StoredEntry& entry) const {
  entry.failures = failures_;
  entry.failed_refreshes = failed_refreshes_;
  if (!policy_) {
    entry.policy.reset();
    return;
  }
  if (!entry.policy) {
    entry.policy.emplace();
  }
  entry.policy->id = policy_->id();
  entry.policy->fetched = policy_->fetched();
}

const CachedPolicy* DomainState::live_policy(sys_seconds now) const {
  return policy_ && policy_->is_live(now) ? &*policy_ : nullptr;
}

bool DomainState::is_spent(sys_seconds now) const {
  return live_policy(now) == nullptr && std::ranges::none_of(failures_, [&](const FailedFetch& failure) {
           return back_off_of(failure.id, now) != nullptr;
         });
}

const FailedFetch* DomainState::back_off_of(std::string_view id, sys_seconds now) const {
  for (const FailedFetch& failure : failures_) {
    // Both ways, so that a clock set back does not stretch it.
    if (failure.id == id && now < failure.at + back_off && now > failure.at - back_off) {
      return &failure;
    }
  }
  return nullptr;
}

FetchPlan DomainState::plan(Occasion occasion, TxtView txt, sys_seconds now) const {
  const CachedPolicy* live = live_policy(now);
  const bool has_record = txt.outcome == TxtOutcome::ok;
  const bool new_id = has_record && (live == nullptr || live->id() != txt.id);  // R12, R90
  bool due = new_id;
  if (occasion == Occasion::refresh) {
    // R86, R87: a refresh goes over HTTPS whatever TXT says; with nothing live there is nothing to refresh.
    due = live != nullptr && (new_id || is_refresh_due(*live, now));
  } else if (occasion == Occasion::forced_refresh) {
    due = has_record || live != nullptr;
  }
  if (!due) {
    return {};
  }
  FetchPlan plan{.kind = FetchPlan::Kind::fetch, .id = std::string(has_record ? txt.id : live->id())};
  if (back_off_of(plan.id, now) != nullptr) {
    plan.kind = FetchPlan::Kind::back_off;
  }
  return plan;
}

Conclusion DomainState::conclude(Occasion occasion, TxtView txt, const FetchResult* fetched,
                                 sys_seconds now) {
  Conclusion conclusion;
  drop_expired(now, conclusion);
  const CachedPolicy* live = live_policy(now);
  if (fetched == nullptr || (txt.outcome != TxtOutcome::ok && live == nullptr)) {
    // Without a record and a live policy nothing says under which id the result would count.
    conclusion.verdict = verdict_now(txt, now);
    conclusion.bounce = judge_bounce(txt, false, now);
    return conclusion;
  }
  const std::string id(txt.outcome == TxtOutcome::ok ? txt.id : live->id());
  conclusion.changed = true;
  if (*fetched) {
    take_policy(id, **fetched, now, conclusion);
    if (!is_refresh(occasion)) {  // P3: a max_age of 0 holds for this delivery
      conclusion.verdict = CachedPolicy(id, (*fetched)->policy, now).to_verdict(VerdictSource::fetch);
    } else {
      conclusion.verdict = verdict_now(txt, now);
    }
  } else {
    note_failure(id, fetched->error(), now, conclusion);
    conclusion.verdict = verdict_now(txt, now);
  }
  conclusion.bounce = judge_bounce(txt, fetched->has_value(), now);
  return conclusion;
}

void DomainState::drop_expired(sys_seconds now, Conclusion& conclusion) {
  if (policy_ && !policy_->is_live(now)) {
    policy_.reset();
    failed_refreshes_ = 0;
    conclusion.changed = true;
    conclusion.replaced = true;
  }
}

void DomainState::take_policy(std::string_view id, const FetchedPolicy& fetched, sys_seconds now,
                              Conclusion& conclusion) {
  std::erase_if(failures_, [&](const FailedFetch& failure) { return failure.id == id; });
  failed_refreshes_ = 0;
  if (fetched.policy.max_age_used() == std::chrono::seconds(0)) {
    conclusion.replaced = policy_.has_value();
    policy_.reset();
    return;
  }
  CachedPolicy policy(id, fetched.policy, now);
  conclusion.replaced = !is_same(policy_, policy);
  policy_ = std::move(policy);  // R83, R92: at once, shorter max_age or none too
}

void DomainState::note_failure(std::string_view id, const FetchError& error, sys_seconds now,
                               Conclusion& conclusion) {
  std::erase_if(failures_, [&](const FailedFetch& failure) { return failure.id == id; });
  if (failures_.size() >= failure_limit) {
    failures_.erase(failures_.begin());
  }
  failures_.push_back({.id = std::string(id), .at = now, .word = std::string(to_string(error.kind))});
  // R85: neither policy nor expiry changes.
  if (policy_) {
    ++failed_refreshes_;
    conclusion.alert = policy_->mode() != Mode::none;
  }
}

Verdict DomainState::verdict_now(TxtView txt, sys_seconds now) const {
  if (const CachedPolicy* live = live_policy(now)) {  // R74
    return live->to_verdict(VerdictSource::cache);
  }
  Verdict verdict;
  verdict.mode = txt.outcome == TxtOutcome::temp ? VerdictMode::temp : VerdictMode::none;  // P6, R73
  verdict.reason = reason_of(txt.outcome);
  if (txt.outcome == TxtOutcome::ok) {
    const FailedFetch* failure = back_off_of(txt.id, now);
    verdict.reason = failure != nullptr ? failure->word : "policy-expired-at-once";
  }
  return verdict;
}

BounceOutcome DomainState::judge_bounce(TxtView txt, bool fetched, sys_seconds now) const {
  if (txt.outcome == TxtOutcome::temp) {
    return BounceOutcome::defer;  // R110: TXT could not be asked
  }
  const CachedPolicy* live = live_policy(now);
  if (fetched || live == nullptr) {
    return BounceOutcome::retry;  // under the new policy, or without one
  }
  // P26: a version that cannot be fetched may be the one that would let the message through.
  const bool unseen = txt.outcome == TxtOutcome::ok && live->id() != txt.id;
  return unseen ? BounceOutcome::defer : BounceOutcome::may_bounce;
}

}  // namespace mta_sts
