#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "outcome/session_outcome.hpp"

namespace mta_sts::outcome {

/// The sessions of a UTC day with one domain under one policy. RFC 8460 sections 4.2 and 4.3: a session
/// counts once, by its end; its failures count one by one, so that there may be more of them than failed
/// sessions.
struct PolicyCount {
  std::chrono::sys_days day;
  std::string domain;
  std::string record;    ///< the domain's TLSRPT record as it was told last; empty where nobody told it
  PolicyOutcome policy;  ///< without failures and end
  std::uint64_t success = 0;
  std::uint64_t failure = 0;
  std::map<SessionFailure, std::uint64_t> failures;
  std::uint64_t unread =
      0;  ///< kinds of failures, and policies' texts, that a reader left out for their size
};

/// Counts sessions in memory, between two writes to a file.
class DayCounts {
 public:
  /// `limit` bounds the policies and failures that are told apart, together.
  explicit DayCounts(std::size_t limit) : limit_(limit) {}

  /// Counts a session of a day; false where there is no room for it before take().
  [[nodiscard]] bool add(std::chrono::sys_days day, SessionOutcome outcome);

  [[nodiscard]] bool is_empty() const { return counts_.empty(); }

  /// Gives all that was counted, and begins anew.
  [[nodiscard]] std::vector<PolicyCount> take();

 private:
  std::size_t limit_;
  std::size_t kinds_ = 0;
  std::unordered_map<std::string, PolicyCount> counts_;  // by day, domain and policy
};

}  // namespace mta_sts::outcome
