// What the service keeps over a restart, and what it need not keep in memory.
#include <algorithm>
#include <utility>

#include "policy/parse_policy.hpp"
#include "sender/decide/policy_domain.hpp"
#include "sender/decide/stored_policy.hpp"
#include "sender/decide/verdict_core.hpp"

namespace mta_sts::sender {
namespace {

// Of a policy; more than this is in the store alone.
constexpr std::size_t resident_policy_bytes = 512;
constexpr std::size_t row_overhead_bytes = 200;
constexpr std::uint8_t most_asks = 255;

void shed(DomainEntry& entry) {
  const auto& policy = entry.state.policy();
  if (policy && policy->size_bytes() > resident_policy_bytes) {
    entry.state.shed_patterns();
  }
}

std::uint32_t row_bytes_of(const StoredEntry& row) {
  return static_cast<std::uint32_t>(row_overhead_bytes + (row.policy ? row.policy->body.size() : 0));
}

}  // namespace

void VerdictService::Core::load() {
  const Time now = clock_.now();
  const bool sane = is_clock_sane();
  std::size_t left_out = 0;
  std::vector<std::string> dead;
  store_.load([&](const StoredEntry& stored) {
    DomainState state = DomainState::from_stored(stored);
    const auto domain = policy_domain_of(stored.domain);
    if (!domain || domain->text() != stored.domain || state.is_empty()) {
      dead.push_back(stored.domain);
      return;
    }
    DomainEntry fresh;
    fresh.state = std::move(state);
    fresh.used = std::chrono::floor<std::chrono::days>(std::min(stored.used, now));
    fresh.asked_at = static_cast<std::uint32_t>(fresh.used.time_since_epoch().count() * 86400U);
    fresh.asks = static_cast<std::uint8_t>(std::min<std::uint32_t>(stored.asks, most_asks));
    fresh.holder = stored.policy ? holder_of(stored.policy->peer) : 0;
    fresh.row_bytes = row_bytes_of(stored);
    fresh.stored = true;
    if (sane) {
      static_cast<void>(fresh.state.note_expiry(now));
    }
    shed(fresh);
    const Newcomer newcomer{.rank = DomainCache::rank_of(fresh, now), .holder = fresh.holder};
    DomainEntry* entry = cache_.remember(stored.domain, newcomer, now);
    if (entry == nullptr) {
      ++left_out;
      return;
    }
    entry->adopt(std::move(fresh));
    cache_.recount(stored.domain, now);
  });
  for (const std::string& domain : dead) {
    store_.remove(domain);
  }
  if (left_out > 0) {
    log_.write(LogLevel::warning, "cache-full",
               std::to_string(left_out) + " entries of the cache are over the limit and were left out");
  }
}

// A failed store is logged by it; the entry is written again with the next ticks, and its policy stays in
// memory whole till then.
void VerdictService::Core::persist(const std::string& domain, DomainEntry& entry, const FetchResult* result) {
  if (entry.state.is_empty()) {
    remove_row(domain, entry);
    return;
  }
  StoredEntry row;
  row.domain = domain;
  entry.state.to_stored(row);
  row.used = entry.used;
  row.asks = entry.asks;
  if (row.policy) {
    if (result != nullptr && result->has_value()) {
      row.policy->body = (*result)->body;
      row.policy->peer = (*result)->peer;
    } else {
      find_body(domain, entry, *row.policy);
    }
  }
  store_failed_ = !store_.store(row);
  if (store_failed_) {
    unsaved_.insert(domain);
    return;
  }
  unsaved_.erase(domain);
  entry.stored = true;
  entry.row_bytes = row_bytes_of(row);
  shed(entry);
}

// Finds the body of a policy that is not fetched just now: in the row of the same fetch, or written from what
// is in memory. Where nobody has its hosts any more it is fetched soon, and its mail waits for that.
void VerdictService::Core::find_body(const std::string& domain, DomainEntry& entry,
                                     StoredEntry::Policy& stored) {
  const CachedPolicy& policy = *entry.state.policy();
  if (const auto row = store_.load_one(domain);
      row && row->policy && is_stored_policy(*row->policy, policy)) {
    stored.body = row->policy->body;
    stored.peer = row->policy->peer;
    return;
  }
  stored.body = render_stored_body(policy);
  stored.peer = entry.peer ? entry.peer->to_text() : std::string();
  if (!policy.has_patterns()) {
    entry.state.lose_patterns();
  }
}

void VerdictService::Core::remove_row(const std::string& domain, DomainEntry& entry) {
  const bool has_old_row = unsaved_.erase(domain) > 0;  // perhaps: of an entry before this one
  entry.row_bytes = 0;
  if (std::exchange(entry.stored, false) || has_old_row) {
    store_failed_ = !store_.remove(domain);
    if (store_failed_) {
      unsaved_.insert(domain);
    }
  }
}

// The entry had to go for others.
void VerdictService::Core::forget(const std::string& domain, const DomainEntry& entry) {
  count("cache-evicted");
  const bool has_old_row = unsaved_.erase(domain) > 0;
  if ((entry.stored || has_old_row) && !store_.remove(domain)) {
    store_failed_ = true;
    unsaved_.insert(domain);
  }
}

// Failures that were this host's were none of the domain's.
void VerdictService::Core::forget_failures(const std::string& domain) {
  if (DomainEntry* entry = cache_.find(domain)) {
    entry->state.forget_failures();
    persist(domain, *entry, nullptr);
  }
}

// Brings the store to what is known: what it could not take, and all of it where it has lost rows.
void VerdictService::Core::reconcile(std::size_t most) {
  if (!store_.is_intact()) {
    cache_.visit_all([this](const std::string& domain, const DomainEntry& entry) {
      if (entry.stored) {
        unsaved_.insert(domain);
      }
    });
  }
  store_failed_ = false;
  for (std::size_t i = 0; i < most && !unsaved_.empty() && !store_failed_; ++i) {
    const std::string domain = *unsaved_.begin();
    if (DomainEntry* entry = cache_.find(domain)) {
      persist(domain, *entry, nullptr);
      cache_.recount(domain, clock_.now());
    } else if (store_.remove(domain)) {
      unsaved_.erase(domain);
    } else {
      store_failed_ = true;
    }
  }
}

void VerdictService::Core::write_all() {
  reconcile(SIZE_MAX);
  if (!store_failed_) {
    write_uses(SIZE_MAX);
  }
}

// What an asker is told: the verdict, with the patterns where memory does not hold them. Where the store has
// lost them too, the next question fetches the policy anew.
Verdict VerdictService::Core::told(const DomainName& domain, Verdict verdict) {
  const bool has_mx = verdict.mode == VerdictMode::enforce || verdict.mode == VerdictMode::testing;
  if (has_mx && verdict.mx.empty()) {
    if (auto patterns = stored_patterns(domain, verdict)) {
      verdict.mx = *std::move(patterns);
    } else {
      if (DomainEntry* entry = cache_.find(domain.text())) {
        entry->state.lose_patterns();
        unsaved_.insert(domain.text());  // that there is a policy outlives a restart
      }
      verdict = without_hosts(verdict.mode);
    }
  }
  return excepted(domain.text(), std::move(verdict));
}

// Nobody knows then whether a host is one of the policy's. In mode testing no mail waits for that.
Verdict VerdictService::Core::without_hosts(VerdictMode mode) {
  Verdict verdict = temp_verdict("cache-row-damaged");
  verdict.mode = mode == VerdictMode::testing ? VerdictMode::none : VerdictMode::temp;
  return verdict;
}

Verdict VerdictService::Core::excepted(std::string_view domain, Verdict verdict) const {
  const Exception* exception = exceptions_.find(domain);
  return exception != nullptr ? exception->applied_to(std::move(verdict), clock_.now()) : verdict;
}

std::optional<std::vector<std::string>> VerdictService::Core::stored_patterns(const DomainName& domain,
                                                                              const Verdict& verdict) const {
  const auto row = store_.load_one(domain.text());
  if (!row || !row->policy || row->policy->id != verdict.id) {
    return std::nullopt;
  }
  auto policy = parse_policy(row->policy->body, Reading::sender);
  if (!policy || to_verdict_mode(policy->mode) != verdict.mode ||
      row->policy->fetched + policy->max_age_used() != verdict.expires) {
    return std::nullopt;
  }
  return std::move(policy->mx);
}

void VerdictService::Core::note_use(const std::string& domain, DomainEntry& entry, Time now) {
  const auto today = std::chrono::floor<std::chrono::days>(now);
  entry.asked_at = static_cast<std::uint32_t>(now.time_since_epoch().count());
  entry.asks = static_cast<std::uint8_t>(std::min<unsigned>(entry.asks + 1U, most_asks));
  if (entry.used == today && entry.asks != 2) {
    return;
  }
  entry.used = today;
  if (entry.stored) {
    used_.push_back(domain);
  }
}

void VerdictService::Core::write_uses(std::size_t most) {
  const std::size_t number = std::min(used_.size(), most);
  for (std::size_t i = 0; i < number; ++i) {
    const std::string& domain = used_[used_.size() - 1 - i];
    const DomainEntry* entry = cache_.find(domain);
    if (entry != nullptr && entry->stored) {
      store_.note_use(domain, entry->used, entry->asks);
    }
  }
  used_.resize(used_.size() - number);
}

}  // namespace mta_sts::sender
