#pragma once

#include <string>
#include <string_view>

#include "tlsrpt/model/metrics.hpp"

namespace mta_sts::tlsrpt {

/// Writes a text as a field of CSV, quoted, that no spreadsheet takes for a formula: one that begins with = +
/// - @, a tab or a line end gets an apostrophe in front. Controls and bidirectional characters are escaped.
/// RFC 4180.
[[nodiscard]] std::string render_csv_field(std::string_view text);

/// Gives the first line of each table, with its CRLF.
[[nodiscard]] std::string_view session_csv_header();
[[nodiscard]] std::string_view failure_csv_header();

/// Writes one row, with its CRLF. `counted` is "no" for the tlsa policy of sessions that an sts policy
/// counts.
[[nodiscard]] std::string render_csv(const SessionRow& row);
[[nodiscard]] std::string render_csv(const FailureRow& row);

}  // namespace mta_sts::tlsrpt
