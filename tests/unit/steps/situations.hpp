#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "policy/policy.hpp"
#include "policy/render_policy.hpp"
#include "publish/published_policy.hpp"
#include "steps/plan.hpp"

namespace mta_sts::steps {

inline constexpr std::chrono::sys_seconds start{std::chrono::days(20000)};
inline constexpr std::chrono::days day{1};

inline Policy policy(Mode mode, std::vector<std::string> mx, std::uint64_t max_age_seconds = day_seconds) {
  return {.mode = mode, .mx = std::move(mx), .max_age_seconds = max_age_seconds, .extensions = {}};
}

/// A period from one day after `start` to another; until 0: it goes on.
inline store::ServedPeriod period(const Policy& served, int since, int until) {
  const publish::PublishedPolicy published = publish::publish_policy(served);
  store::ServedPeriod made;
  made.since = start + since * day;
  if (until > 0) {
    made.until = start + until * day;
  }
  made.mode = served.mode;
  made.max_age_seconds = served.max_age_seconds;
  made.id = published.id;
  made.body = published.body;
  return made;
}

inline const Policy enforced = policy(Mode::enforce, {"mx.example.com"}, 10 * day_seconds);
inline const Policy none = policy(Mode::none, {});

/// A domain that publishes `served` since `start`, and whose every question was answered well.
inline Situation published(const Policy& served) {
  Situation s;
  s.domain = "example.com";
  s.periods = {period(served, 0, 0)};
  s.now = start + 100 * day;
  s.live.is_asked = true;
  for (NetworkAnswer* answer : {&s.live.host, &s.live.certificate, &s.live.served, &s.live.mail_hosts}) {
    *answer = {.known = Known::yes, .detail = {}};
  }
  s.live.addresses = {"192.0.2.1"};
  s.live.bodies = {s.periods.back().body};
  s.live.mx = {"mx.example.com"};
  s.live.has_mx_record = true;
  s.live.record.outcome = TxtOutcome::ok;
  s.live.record.id = s.periods.back().id;
  return s;
}

}  // namespace mta_sts::steps
