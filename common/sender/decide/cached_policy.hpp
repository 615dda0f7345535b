#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.hpp"
#include "verdict/verdict.hpp"

namespace mta_sts::sender {

/// A policy as the sender keeps it in memory: one block of text beside three numbers, for tens of thousands
/// of them stay resident.
class CachedPolicy {
 public:
  /// Takes what matters of a policy fetched under a TXT id at a time. `max_age` is clamped to one year (P2).
  CachedPolicy(std::string_view id, const Policy& policy, std::chrono::sys_seconds fetched);

  [[nodiscard]] std::string_view id() const { return std::string_view(text_).substr(0, id_length_); }
  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] std::vector<std::string> mx() const;  ///< empty where has_patterns() is false

  /// Lets go of the patterns, which whoever calls this has elsewhere: a policy of 64 KiB need not stay in
  /// memory. Nothing else changes; is_same() still compares what they were.
  void shed_patterns();
  [[nodiscard]] bool has_patterns() const { return !shed_; }

  /// Notes that what was shed is not there any more: only a fetch brings it back.
  void lose_patterns() { lost_ = shed_; }
  [[nodiscard]] bool has_lost_patterns() const { return lost_; }

  /// Tells whether two mean the same: id, mode and patterns.
  [[nodiscard]] bool is_same(const CachedPolicy& other) const;

  [[nodiscard]] std::chrono::sys_seconds fetched() const { return fetched_; }
  [[nodiscard]] std::chrono::seconds max_age() const { return std::chrono::seconds(max_age_seconds_); }

  /// Gives the last second in which it is live. Absolute: a clock set back does not move it (P25, P30).
  [[nodiscard]] std::chrono::sys_seconds expires() const { return fetched_ + max_age(); }
  [[nodiscard]] bool is_live(std::chrono::sys_seconds now) const { return now <= expires(); }

  /// Gives the time from which a refresh is due: a day or half of max_age after the fetch (P23).
  [[nodiscard]] std::chrono::sys_seconds refresh_due() const;

  /// Gives the memory taken, about, in bytes.
  [[nodiscard]] std::size_t size_bytes() const { return sizeof(*this) + text_.capacity(); }

  [[nodiscard]] Verdict to_verdict(VerdictSource source) const;

 private:
  [[nodiscard]] std::uint64_t patterns_digest() const;

  std::string text_;  // the id, then the patterns, each behind one LF; shed: the id, then their digest
  std::chrono::sys_seconds fetched_;
  std::uint32_t max_age_seconds_;
  std::uint8_t id_length_;
  Mode mode_;
  bool shed_ = false;
  bool lost_ = false;
};

[[nodiscard]] VerdictMode to_verdict_mode(Mode mode);

}  // namespace mta_sts::sender
