#pragma once

#include <string>

#include "tlsrpt/history/database.hpp"
#include "tlsrpt/model/duplicates.hpp"
#include "tlsrpt/model/metrics.hpp"
#include "tlsrpt/model/text_limits.hpp"

namespace mta_sts::tlsrpt {

/// Gives the SELECT, up to its table, of what session_from() reads; `imported` is the column that tells when
/// a report came.
[[nodiscard]] std::string sessions_sql(const DatabaseShape& shape, const std::string& imported);

/// Gives that of what failure_from() reads.
[[nodiscard]] std::string failures_sql(const DatabaseShape& shape, const std::string& imported);

/// The columns of them that are the number of the report.
inline constexpr int session_report_at = 8;
inline constexpr int failure_report_at = 15;

/// Give a row. Whatever somebody wrote into the database, its texts are as short as what an import keeps;
/// they last as long as `row` and `cut`.
[[nodiscard]] SessionRow session_from(const DatabaseRow& row, TextCutter& cut);
[[nodiscard]] FailureRow failure_from(const DatabaseRow& row, TextCutter& cut);

/// Gives the organization, report_id, start and domain that `row` has from `column` on, as short too.
[[nodiscard]] ReportKey key_from(const DatabaseRow& row, int column);

/// Gives a conflict: the key, success, failure, imported, authentication, and that of the counted report.
[[nodiscard]] Conflict conflict_from(const DatabaseRow& row);

}  // namespace mta_sts::tlsrpt
