#include "steps/sightings.hpp"

#include <algorithm>

#include "base/utc_time.hpp"
#include "base/utf8.hpp"
#include "policy/parse_policy.hpp"
#include "publish/policy_id.hpp"
#include "publish/published_policy.hpp"

namespace mta_sts::steps {
namespace {

using check::HistoryEntry;
using std::chrono::sys_seconds;

// A directive's serial= is not seen in the policy, but in the id of the record that goes with it.
constexpr std::uint32_t serials_tried = 100;

std::uint32_t serial_of(const Policy& policy, const std::string& announced_id) {
  for (std::uint32_t serial = 1; serial < serials_tried; ++serial) {
    if (publish::policy_id(policy, serial) == announced_id) {
      return serial;
    }
  }
  return 0;
}

// A test goes on only where senders see it: not without a record, nor under the id that was there before the
// policy, for which they do not fetch it.
bool is_unseen_test(const HistoryEntry& entry, const std::string& id_before) {
  return entry.mode == to_string(Mode::testing) && (entry.id.empty() || entry.id == id_before);
}

Periods sighted(const std::vector<HistoryEntry>& seen) {
  Periods periods;
  std::string id_before;
  std::string last_id;
  for (const HistoryEntry& entry : seen) {
    const bool is_open = !periods.empty() && !periods.back().until;
    const bool goes_on = is_open && periods.back().id == entry.policy_id;
    id_before = goes_on ? id_before : last_id;
    last_id = entry.id;
    if (goes_on) {
      periods.back().since = is_unseen_test(entry, id_before) ? entry.seen : periods.back().since;
      continue;
    }
    if (is_open) {
      periods.back().until = entry.seen;
    }
    if (const auto mode = parse_mode(entry.mode)) {
      store::ServedPeriod period;
      period.since = entry.seen;
      period.mode = *mode;
      period.max_age_seconds = entry.max_age_seconds;
      period.id = entry.policy_id;
      periods.push_back(std::move(period));
    }
  }
  return periods;
}

void add_present(Periods& periods, const Live& live, std::optional<sys_seconds> since, sys_seconds now) {
  const auto policy = live.bodies.empty() ? std::expected<Policy, PolicyError>(std::unexpect)
                                          : parse_policy(live.bodies.front(), Reading::sender);
  const bool is_open = !periods.empty() && !periods.back().until;
  const bool goes_on = is_open && policy && periods.back().id == publish::policy_id(*policy);
  if (is_open && !goes_on) {
    periods.back().until = now;
  }
  if (!policy) {
    return;
  }
  if (!goes_on) {
    periods.emplace_back();
    periods.back().since = now;
  }
  store::ServedPeriod& present = periods.back();
  const sys_seconds earliest = periods.size() > 1 ? *periods[periods.size() - 2].until : sys_seconds();
  present.since = std::clamp(since.value_or(present.since), std::min(earliest, now), now);
  present.mode = policy->mode;
  present.max_age_seconds = policy->max_age_seconds;
  present.serial = serial_of(*policy, live.record.id);
  present.id = publish::policy_id(*policy, present.serial);
  present.body = live.bodies.front();
}

// Whether something is left of a policy: a record, or a policy host, or what gave no answer.
bool has_trace(const Live& live) {
  return live.is_asked && (live.record.candidates > 0 || live.record.outcome == TxtOutcome::temp ||
                           live.host.known != Known::no);
}

}  // namespace

Past past_of(const std::vector<HistoryEntry>& seen, const Live& live, std::optional<sys_seconds> since,
             sys_seconds now) {
  Past past;
  std::vector<HistoryEntry> until_now;
  std::ranges::copy_if(seen, std::back_inserter(until_now), [now](const auto& e) { return e.seen <= now; });
  past.periods = sighted(until_now);
  add_present(past.periods, live, since, now);
  const bool has_beginning =
      !until_now.empty() && until_now.front().mode.empty() && until_now.front().id.empty();
  if (until_now.empty() && !since && !past.periods.empty()) {
    past.not_known.emplace_back(
        "since when this policy is served: --served-since DAY says it, and --history FILE keeps it from now "
        "on");
  }
  if (!has_beginning && (!past.periods.empty() || has_trace(live))) {
    const sys_seconds first = !past.periods.empty() ? past.periods.front().since
                              : until_now.empty()   ? now
                                                    : until_now.front().seen;
    store::ServedPeriod unseen;
    unseen.since = first;
    unseen.until = first;
    unseen.mode = Mode::enforce;
    unseen.max_age_seconds = max_age_limit_seconds;
    past.periods.insert(past.periods.begin(), std::move(unseen));
    past.not_known.push_back("what was served before " + utc_text(first) +
                             ": a policy to enforce that is kept for a year is assumed");
  }
  const store::ServedPeriod* present = present_of(past.periods);
  if (present != nullptr && live.record.outcome == TxtOutcome::ok && live.record.id != present->id) {
    past.not_known.push_back("whether the id " + text::escape_for_display(live.record.id, 32) +
                             " was announced for this policy: it is not the one that is computed from it");
  }
  return past;
}

}  // namespace mta_sts::steps
