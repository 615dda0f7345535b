#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "tlsrpt/model/report_values.hpp"
#include "tlsrpt/model/watched.hpp"

namespace mta_sts::tlsrpt {

/// The day of the tests of alerts, and others by their distance from it.
inline constexpr std::chrono::sys_days today = std::chrono::year(2026) / 3 / 30;

inline std::chrono::sys_days ago(int days) {
  return today - std::chrono::days(days);
}

/// What is watched: the last three days, and what has come in them.
inline Watched three_days() {
  return Watched({.since = ago(2), .imported_since = ago(2)}, today);
}

/// A report, in a history since `age` days or since the day after its own.
struct Sent {
  int age = 1;
  Sessions sessions = {};
  std::string_view sender = "Sender";
  std::string_view domain = "a.example";
  std::string_view policy_type = "sts";
  bool is_shadowed = false;
  int came = -1;
};

inline void add(Watched& watched, const Sent& sent) {
  watched.session({.day = ago(sent.age),
                   .domain = sent.domain,
                   .organization = sent.sender,
                   .policy_type = sent.policy_type,
                   .sessions = sent.sessions,
                   .in_details = sent.sessions.failure,
                   .is_shadowed = sent.is_shadowed,
                   .imported = ago(sent.came < 0 ? sent.age - 1 : sent.came)});
}

}  // namespace mta_sts::tlsrpt
