#include "tlsrpt/history/import_times.hpp"

#include <algorithm>
#include <iterator>

#include "tlsrpt/history/columns.hpp"

namespace mta_sts::tlsrpt {

std::optional<std::chrono::sys_seconds> ImportTimes::of(std::int64_t report) const {
  const auto after = std::ranges::upper_bound(runs_, report, {}, [](const auto& run) { return run.first; });
  return after == runs_.begin() ? std::nullopt : std::optional(std::prev(after)->second);
}

ImportTimes read_import_times(HistoryDatabase& database) {
  ImportTimes times;
  database.read(
      "SELECT id, imported FROM (SELECT id, imported, lag(imported) OVER (ORDER BY id) AS before FROM "
      "report) "
      "AS one WHERE before IS NULL OR before <> imported ORDER BY id",
      {}, [&](const DatabaseRow& row) { times.add(row.integer(0), second_from(row.integer(1))); });
  return times;
}

}  // namespace mta_sts::tlsrpt
