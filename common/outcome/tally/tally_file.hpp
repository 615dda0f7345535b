#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "outcome/tally/day_counts.hpp"
#include "outcome/tally/tally_error.hpp"

namespace mta_sts::outcome {

/// How many kinds of a thing are told apart; further ones count together, without what tells them apart.
struct TallyLimits {
  std::size_t policies_of_domain = 100;    ///< a day
  std::size_t failures_of_policy = 500;    ///< a day
  std::size_t domains_of_day = 1'000'000;  ///< further ones are not counted
};

/// The counts of all days that are kept, in one SQLite file. One process writes it.
class TallyFile {
 public:
  template <typename T>
  using Result = std::expected<T, TallyError>;

  /// Opens the file, or makes it; the umask says who may read it.
  [[nodiscard]] static Result<std::unique_ptr<TallyFile>> open(const std::string& path, TallyLimits limits);

  virtual ~TallyFile() = default;

  /// Adds counts, all of them or, on an error, none. Gives how many sessions found no room (domains_of_day).
  [[nodiscard]] virtual Result<std::uint64_t> add(std::span<const PolicyCount> counts) = 0;

  /// Removes the oldest days but days_before of those before `today`, and the latest but days_after of those
  /// behind it. By number and not by date: a clock that jumps ahead begins one day, which costs no more than
  /// the oldest one.
  [[nodiscard]] virtual Result<void> prune(std::chrono::sys_days today) = 0;

  /// A month to look at, and reports that wait.
  static constexpr int days_before = 35;
  /// What a clock has begun that was ahead. More than the others, since to a clock that is behind all of
  /// these are days to come.
  static constexpr int days_after = 70;
};

}  // namespace mta_sts::outcome
