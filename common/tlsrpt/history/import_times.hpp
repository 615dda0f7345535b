#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "tlsrpt/history/database.hpp"

namespace mta_sts::tlsrpt {

/// When reports came, by their numbers. A batch came at one time and has numbers in a row, so that this is
/// small.
class ImportTimes {
 public:
  /// Tells that reports from this number on came then; numbers ascend.
  void add(std::int64_t first_report, std::chrono::sys_seconds imported) {
    runs_.emplace_back(first_report, imported);
  }

  /// Nothing where nothing was added for it.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> of(std::int64_t report) const;

 private:
  std::vector<std::pair<std::int64_t, std::chrono::sys_seconds>> runs_;
};

/// Reads those of all reports, within in_snapshot().
[[nodiscard]] ImportTimes read_import_times(HistoryDatabase& database);

}  // namespace mta_sts::tlsrpt
