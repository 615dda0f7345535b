#include "steps/next_policy.hpp"

#include <algorithm>

#include "policy/mx_match.hpp"
#include "policy/parse_policy.hpp"
#include "publish/policy_id.hpp"

namespace mta_sts::steps {
namespace {

using store::ServedPeriod;

bool was_in_use(const Periods& periods, const Live& live, const std::string& id) {
  return live.record.id == id || std::ranges::any_of(periods, [&](const auto& p) { return p.id == id; });
}

std::vector<std::string> words_of(const Policy& policy, std::uint32_t serial) {
  if (!policy.extensions.empty()) {
    return {};
  }
  std::vector<std::string> words = {std::string(to_string(policy.mode))};
  for (const std::string& mx : policy.mx) {
    words.push_back("mx=" + mx);
  }
  words.push_back("max_age=" + std::to_string(policy.max_age_seconds));
  if (serial > 0) {
    words.push_back("serial=" + std::to_string(serial));
  }
  return words;
}

// Of a period whose bytes are not known, an unlike id beside a like max_age says that the mx are others.
bool has_same_mx(const ServedPeriod& earlier, const ServedPeriod& later) {
  if (earlier.body.empty() || later.body.empty()) {
    return earlier.id == later.id || earlier.max_age_seconds != later.max_age_seconds;
  }
  return publish::canonical_policy(policy_of(earlier)).mx == publish::canonical_policy(policy_of(later)).mx;
}

}  // namespace

NextPolicy next_policy(const Periods& periods, const Live& live, const Policy& policy) {
  const Policy canonical = publish::canonical_policy(policy);
  std::uint32_t serial = 0;
  while (was_in_use(periods, live, publish::policy_id(canonical, serial))) {
    ++serial;
  }
  return {.published = publish::publish_policy(canonical, serial),
          .serial = serial,
          .words = words_of(canonical, serial)};
}

Policy policy_of(const ServedPeriod& period) {
  auto policy = parse_policy(period.body, Reading::sender);
  return policy ? *std::move(policy) : Policy();
}

std::chrono::sys_seconds tested_since(const Periods& periods, std::uint64_t max_age_seconds) {
  std::chrono::sys_seconds since{};
  const ServedPeriod* later = nullptr;
  for (auto at = periods.rbegin(); at != periods.rend(); ++at) {
    const bool is_tested = at->mode == Mode::testing && at->max_age_seconds >= max_age_seconds;
    const bool goes_on =
        later == nullptr ? !at->until : at->until >= later->since && has_same_mx(*at, *later);
    if (!is_tested || !goes_on) {
      break;
    }
    since = at->since;
    later = &*at;
  }
  if (later == nullptr) {
    return since;
  }
  for (const ServedPeriod* other = periods.data(); other != later; ++other) {
    since = std::max(since, other->until.value_or(since));
  }
  return since;
}

std::chrono::sys_seconds refused_until(const Periods& periods, const std::vector<std::string>& mx,
                                       std::chrono::sys_seconds now) {
  std::chrono::sys_seconds latest{};
  for (const ServedPeriod& period : periods) {
    if (period.mode == Mode::enforce && !names_all(policy_of(period).mx, mx)) {
      const auto kept = std::chrono::seconds(std::min(period.max_age_seconds, max_age_limit_seconds));
      latest = std::max(latest, period.until.value_or(now) + kept);
    }
  }
  return latest;
}

bool names_all(const std::vector<std::string>& patterns, const std::vector<std::string>& mx) {
  return std::ranges::all_of(mx, [&](const std::string& one) {
    return std::ranges::find(patterns, one) != patterns.end() || matches_mx(patterns, one);
  });
}

}  // namespace mta_sts::steps
