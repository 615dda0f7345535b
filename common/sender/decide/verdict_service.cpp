#include "sender/decide/verdict_service.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.hpp"
#include "policy/parse_policy.hpp"
#include "sender/decide/policy_domain.hpp"
#include "sender/decide/stored_policy.hpp"
#include "sender/decide/verdict_core.hpp"

namespace mta_sts::sender {
namespace {

constexpr std::string_view not_fetched_word = "not-fetched-yet";

std::string record_detail(const TxtMemory& txt) {
  switch (txt.outcome) {
    case TxtOutcome::ok:
      return {};
    case TxtOutcome::error:
      return "the record is invalid: " + std::string(to_string(txt.error));
    case TxtOutcome::none:
      return txt.candidates > 1 ? std::to_string(txt.candidates) + " records begin with v=STSv1, one must"
                                : "there is no record (" + std::string(to_string(txt.status)) + ")";
    case TxtOutcome::temp:
      break;
  }
  return "the lookup failed (" + std::string(to_string(txt.status)) + ")";
}

Explanation::Policy explain_policy(const CachedPolicy& policy, std::chrono::sys_seconds now) {
  return {.id = std::string(policy.id()),
          .mode = std::string(to_string(policy.mode())),
          .mx = policy.mx(),
          .max_age = policy.max_age(),
          .fetched = policy.fetched(),
          .expires = policy.expires(),
          .next_refresh = std::nullopt,
          .live = policy.is_live(now),
          .body = {}};
}

// What ask() would say of it, without asking anyone.
Verdict verdict_of(const DomainState& known, TxtView txt, std::chrono::sys_seconds now) {
  if (known.plan(Occasion::lookup, txt, now).kind == FetchPlan::Kind::fetch) {
    return known.interim(LookupProgress::waiting_for_place, txt, now)
        .value_or(temp_verdict(not_fetched_word));
  }
  DomainState state = known;
  return state.conclude(Occasion::lookup, txt, nullptr, now).verdict;
}

// The id that was last tried in vain, for a domain whose record was not asked for lately.
std::string_view last_id(const DomainEntry& entry) {
  return entry.state.failures().empty() ? std::string_view()
                                        : std::string_view(entry.state.failures().back().id);
}

void explain_entry(const DomainEntry& entry, std::chrono::sys_seconds now, Explanation& explanation) {
  TxtView txt;
  if (entry.txt.until > entry.txt.asked) {
    explanation.record = to_string(entry.txt.outcome);
    explanation.record_detail = record_detail(entry.txt);
    explanation.record_id = entry.txt.id;
    explanation.record_asked = entry.txt.asked;
    explanation.record_until = entry.txt.until;
    txt = entry.txt.view();
  }
  if (!explanation.record.empty() || entry.state.live_policy(now) != nullptr) {
    explanation.verdict = verdict_of(entry.state, txt, now);
  }
  if (entry.state.policy()) {
    explanation.policy = explain_policy(*entry.state.policy(), now);
    if (explanation.policy->live) {
      explanation.policy->next_refresh =
          entry.state.next_refresh(std::hash<std::string_view>()(explanation.domain));
    }
  }
  explanation.next_try =
      entry.state.backs_off_until(txt.outcome == TxtOutcome::ok ? txt.id : last_id(entry), now);
  explanation.peer = entry.peer ? entry.peer->to_text() : std::string();
  const LookupHistory& lookups = entry.state.lookups();
  if (lookups.has_seen_record()) {
    explanation.record_seen = lookups.record_seen;
  }
  if (lookups.is_failing()) {
    explanation.failing_since = lookups.failing_since;
  }
  explanation.failures = entry.state.failures();
  explanation.failed_refreshes = entry.state.failed_refreshes();
  if (entry.used != std::chrono::sys_days{}) {
    explanation.used = entry.used;
  }
}

}  // namespace

Explanation VerdictService::Core::explain(std::string_view mail_domain) const {
  Explanation explanation;
  const auto domain = policy_domain_of(mail_domain);
  if (!domain) {
    explanation.domain = text::escape_for_display(mail_domain, 256);
    explanation.verdict = domain.error();
    return explanation;
  }
  explanation.domain = domain->text();
  explanation.verdict = temp_verdict("not-asked-yet");
  explanation.in_progress = flights_.contains(domain->text());
  if (const DomainEntry* entry = cache_.find(domain->text())) {
    explain_entry(*entry, clock_.now(), explanation);
    explain_trouble(*domain, explanation);
    if (explanation.policy) {
      explain_row(*domain, *entry->state.policy(), explanation);
    }
  }
  explanation.verdict = excepted(domain->text(), std::move(explanation.verdict));
  return explanation;
}

void VerdictService::Core::explain_row(const DomainName& domain, const CachedPolicy& known,
                                       Explanation& explanation) const {
  const auto row = store_.load_one(domain.text());
  if (row && row->policy && is_stored_policy(*row->policy, known)) {
    explanation.policy->body = row->policy->body;
    if (const auto policy = parse_policy(row->policy->body, Reading::sender)) {
      explanation.policy->mx = policy->mx;
      if (!explanation.verdict.id.empty()) {
        explanation.verdict.mx = policy->mx;
      }
    }
  }
  if (!explanation.verdict.id.empty() && explanation.policy->mx.empty() &&
      explanation.verdict.mode != VerdictMode::none) {
    explanation.verdict = without_hosts(explanation.verdict.mode);
  }
}

// As ask() answers while this host is in trouble.
void VerdictService::Core::explain_trouble(const DomainName& domain, Explanation& explanation) const {
  if (!is_clock_sane()) {
    if (auto known = known_without_clock(domain)) {
      explanation.verdict = *std::move(known);
    } else if (explanation.record == to_string(TxtOutcome::ok)) {
      explanation.verdict = temp_verdict("clock-wrong");
    }
  } else if (explanation.verdict.reason == not_fetched_word &&
             health_.is_pausing(domain.text(), clock_.now())) {
    explanation.verdict = temp_verdict(trouble_word);
  }
}

std::vector<CacheLine> VerdictService::Core::list(std::string_view after, std::size_t limit) const {
  const Time now = clock_.now();
  std::vector<std::string_view> domains;
  cache_.visit_all([&](const std::string& domain, const DomainEntry& entry) {
    if (entry.state.live_policy(now) != nullptr && domain > after) {
      domains.push_back(domain);
    }
  });
  const std::size_t number = std::min(limit, domains.size());
  std::ranges::partial_sort(domains, domains.begin() + static_cast<std::ptrdiff_t>(number));
  domains.resize(number);
  std::vector<CacheLine> lines;
  lines.reserve(number);
  for (const std::string_view domain : domains) {
    const DomainEntry& entry = *cache_.find(domain);
    const CachedPolicy& policy = *entry.state.policy();
    lines.push_back({.domain = std::string(domain),
                     .id = std::string(policy.id()),
                     .mode = std::string(to_string(policy.mode())),
                     .fetched = policy.fetched(),
                     .expires = policy.expires(),
                     .used = entry.used,
                     .failed_refreshes = entry.state.failed_refreshes()});
  }
  return lines;
}

std::vector<Counter> VerdictService::Core::stats() const {
  std::vector<Counter> counters;
  for (const auto& [name, value] : counters_) {
    counters.push_back({.name = name, .value = value});
  }
  const auto gauge = [&](std::string name, std::uint64_t value) {
    counters.push_back({.name = std::move(name), .value = value, .kind = Counter::Kind::gauge});
  };
  gauge("entries", cache_.size());
  gauge("entry-bytes", cache_.bytes());
  gauge("store-bytes", cache_.row_bytes());
  gauge_policies(counters);
  gauge("open-domains", flights_.size());
  gauge("waiters", waiters_);
  metrics_.append_to(counters);
  return counters;
}

// Those that are refreshed ahead tell whether that works: others come and go with the mail.
void VerdictService::Core::gauge_policies(std::vector<Counter>& counters) const {
  const Time now = clock_.now();
  std::array<std::uint64_t, 3> modes{};
  Time oldest = now;
  std::optional<Time> first_expiry;
  std::uint64_t failing = 0;
  cache_.visit_all([&](const std::string&, const DomainEntry& entry) {
    const CachedPolicy* live = entry.state.live_policy(now);
    if (live == nullptr) {
      return;
    }
    ++modes[static_cast<std::size_t>(live->mode())];
    failing += entry.state.failed_refreshes() > 0 ? 1U : 0U;
    if (live->mode() != Mode::none && entry.used + limits_.unused_after >= now &&
        entry.state.next_refresh(0)) {
      oldest = std::min(oldest, live->fetched());
      first_expiry = std::min(first_expiry.value_or(live->expires()), live->expires());
    }
  });
  const auto gauge = [&](std::string name, std::int64_t value) {
    counters.push_back({.name = std::move(name),
                        .value = static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)),
                        .kind = Counter::Kind::gauge});
  };
  const auto policies = [&](std::string name, Mode mode) {
    gauge(std::move(name), static_cast<std::int64_t>(modes[static_cast<std::size_t>(mode)]));
  };
  policies("policies-enforce", Mode::enforce);
  policies("policies-testing", Mode::testing);
  policies("policies-none", Mode::none);
  gauge("failing-policies", static_cast<std::int64_t>(failing));
  gauge("oldest-policy-seconds", (now - oldest).count());
  if (first_expiry) {
    gauge("days-to-expiry", std::chrono::floor<std::chrono::days>(*first_expiry - now).count());
  }
}

bool VerdictService::Core::purge(std::string_view mail_domain) {
  const bool is_gone = purge_unlogged(mail_domain);
  if (is_gone) {
    log_.write(LogLevel::info, "policy-purged",
               "forgot " + policy_domain_of(mail_domain)->text() + " as asked for");
  }
  return is_gone;
}

bool VerdictService::Core::purge_unlogged(std::string_view mail_domain) {
  const auto domain = policy_domain_of(mail_domain);
  DomainEntry* entry = domain ? cache_.find(domain->text()) : nullptr;
  if (entry == nullptr) {
    return false;
  }
  remove_row(domain->text(), *entry);
  cache_.erase(domain->text());
  count("purged");
  return true;
}

void VerdictService::Core::report_purge_of_all(std::size_t number) {
  log_.write(LogLevel::info, "policy-purged",
             "forgets all domains (" + std::to_string(number) + ") as asked for");
}

std::vector<std::string> VerdictService::Core::domains() const {
  std::vector<std::string> domains;
  domains.reserve(cache_.size());
  cache_.visit_all([&](const std::string& domain, const DomainEntry&) { domains.push_back(domain); });
  return domains;
}

VerdictService::VerdictService(DnsLookup& dns, PolicyFetch& fetch, PolicyStore& store, const Clock& clock,
                               Log& log, VerdictServiceLimits limits)
    : core_(std::make_shared<Core>(dns, fetch, store, clock, log, limits)) {}

VerdictService::~VerdictService() = default;

void VerdictService::load() {
  core_->load();
}

void VerdictService::ask(std::string_view domain, Done done) {
  core_->ask(domain, std::move(done));
}

bool VerdictService::refresh(std::string_view domain, Refreshed done) {
  return core_->refresh(domain, std::move(done));
}

void VerdictService::hurry() {
  core_->hurry();
}

bool VerdictService::has_waiters() const {
  return core_->has_waiters();
}

void VerdictService::tick() {
  core_->tick();
}

void VerdictService::write_all() {
  core_->write_all();
}

void VerdictService::set_exceptions(Exceptions exceptions) {
  core_->set_exceptions(std::move(exceptions));
}

void VerdictService::note_new_roots() {
  core_->note_new_roots();
}

Explanation VerdictService::explain(std::string_view domain) const {
  return core_->explain(domain);
}

std::vector<CacheLine> VerdictService::list(std::string_view after, std::size_t limit) const {
  return core_->list(after, limit);
}

bool VerdictService::purge(std::string_view domain) {
  return core_->purge(domain);
}

bool VerdictService::purge_unlogged(std::string_view domain) {
  return core_->purge_unlogged(domain);
}

void VerdictService::report_purge_of_all(std::size_t number) {
  core_->report_purge_of_all(number);
}

std::vector<std::string> VerdictService::domains() const {
  return core_->domains();
}

std::vector<Counter> VerdictService::stats() const {
  return core_->stats();
}

bool VerdictService::idle() const {
  return core_->idle();
}

}  // namespace mta_sts::sender
