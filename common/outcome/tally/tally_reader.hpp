#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "outcome/tally/day_counts.hpp"
#include "outcome/tally/tally_error.hpp"

namespace mta_sts::outcome {

/// What was counted of one domain: its policies of a day.
using DomainCounts = std::vector<PolicyCount>;

/// Reads a file of counts that another process writes.
class TallyReader {
 public:
  template <typename T>
  using Result = std::expected<T, TallyError>;

  /// Opens a file that there is.
  [[nodiscard]] static Result<std::unique_ptr<TallyReader>> open(const std::string& path);

  virtual ~TallyReader() = default;

  /// Gives the names of at most `most` domains that a day has counts of, in their order, from the first one
  /// behind `after`; none where there is no further one. Nothing is held open in between, so that the
  /// writer's log does not grow while the caller works.
  [[nodiscard]] virtual Result<std::vector<std::string>> names(std::chrono::sys_days day,
                                                               std::string_view after, std::size_t most) = 0;

  /// Gives the unique-id of the counts of a day, which the writer drew when it began the day: the same each
  /// time, and another one than that of any other file; empty where nothing was counted. The file's word for
  /// it: it may be any text.
  [[nodiscard]] virtual Result<std::string> unique_id(std::chrono::sys_days day) = 0;

  /// Gives the counts of a day for one domain; empty where there are none. Of their texts at most 8 MiB are
  /// read, those of the most frequent failures of each policy.
  [[nodiscard]] virtual Result<DomainCounts> read(std::chrono::sys_days day, std::string_view domain) = 0;
};

}  // namespace mta_sts::outcome
