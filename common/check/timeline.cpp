#include "check/timeline.hpp"

#include <algorithm>
#include <map>

#include "base/sort_stably.hpp"

namespace mta_sts::check {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr int tlsrpt_beside_policy = 63;

bool has_found(const Judgement& judgement, Severity severity) {
  return std::ranges::any_of(judgement.findings, [&](const CheckFinding& finding) {
    return finding.outcome == Outcome::found && finding.severity == severity;
  });
}

bool has_errors(const std::vector<Judgement>& judgements) {
  return std::ranges::any_of(judgements, [](const Judgement& j) { return has_found(j, Severity::error); });
}

bool lacks_tlsrpt(const std::vector<Judgement>& judgements) {
  return std::ranges::any_of(judgements, [](const Judgement& j) {
    return j.check->number == tlsrpt_beside_policy && has_found(j, Severity::warning);
  });
}

std::int64_t days_until(sys_seconds when, sys_seconds now) {
  return std::chrono::floor<std::chrono::days>(when - now).count();
}

// The first end among the certificates of each host. What is over is an error already.
std::vector<Step> renewals(const std::vector<AddressDetails>& addresses, sys_seconds now) {
  std::map<std::string, sys_seconds> ends;
  for (const AddressDetails& at : addresses) {
    if (at.certificate && at.certificate->not_after >= now) {
      const auto [known, is_new] = ends.emplace(at.host, at.certificate->not_after);
      known->second = std::min(known->second, at.certificate->not_after);
    }
  }
  std::vector<Step> steps;
  for (const auto& [host, end] : ends) {
    steps.push_back(
        {.text = "renew the certificate of " + host, .when = end, .days_left = days_until(end, now)});
  }
  sort_stably(steps, [](const Step& step) { return *step.when; });
  return steps;
}

// When no sender can have a policy in its cache any more that asks for something: each may have been fetched
// until the next one was seen. RFC 8461 section 8.3.
std::optional<sys_seconds> end_of_caches(const Case& c) {
  std::optional<sys_seconds> end;
  const auto& history = c.facts.history;
  for (auto entry = history.begin(); entry != history.end(); ++entry) {
    if (entry->mode == "enforce" || entry->mode == "testing") {
      const sys_seconds last = entry + 1 == history.end() ? c.facts.conditions.now : (entry + 1)->seen;
      end = std::max(end.value_or(last),
                     last + seconds(std::min(entry->max_age_seconds, max_age_limit_seconds)));
    }
  }
  return end;
}

// Once nothing is wrong: the way from testing to enforce, and out of it.
std::vector<Step> steps_of_the_policy(const Case& c, const Forecast& forecast) {
  const Policy& policy = *c.policy();
  if (policy.mode == Mode::testing && forecast.is_whole) {
    return {
        {.text =
             "go to enforce once TLS reports of two weeks are clean: set mode: enforce, then change the id"}};
  }
  if (policy.mode == Mode::enforce && is_max_age_short(policy.mode, policy.max_age_seconds)) {
    return {{.text = "raise max_age to 1209600 (14 days), then change the id"}};
  }
  const auto end = policy.mode == Mode::none ? end_of_caches(c) : std::nullopt;
  if (!end) {
    return {};
  }
  const sys_seconds now = c.facts.conditions.now;
  Step step{.text = "the record and the policy may be removed"};
  if (*end > now) {
    step.when = *end;
    step.days_left = days_until(*end, now);
    step.is_deadline = false;
  }
  return {step};
}

}  // namespace

std::vector<Step> next_steps(const Case& c, const Forecast& forecast,
                             const std::vector<Judgement>& judgements,
                             const std::vector<AddressDetails>& addresses) {
  std::vector<Step> steps;
  const bool is_wrong = has_errors(judgements);
  if (is_wrong) {
    steps.push_back({.text = "fix the errors"});
  }
  if (lacks_tlsrpt(judgements)) {
    steps.push_back({.text = "publish a TLS-RPT record"});
  }
  if (!is_wrong && c.policy() != nullptr) {
    std::ranges::move(steps_of_the_policy(c, forecast), std::back_inserter(steps));
  }
  std::ranges::move(renewals(addresses, c.facts.conditions.now), std::back_inserter(steps));
  sort_stably(steps, [](const Step& step) { return step.when.value_or(sys_seconds::min()); });
  return steps;
}

}  // namespace mta_sts::check
