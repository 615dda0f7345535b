#pragma once

#include <string_view>

namespace mta_sts::tlsrpt {

/// Tells whether a file's name is that of a report: "sender!domain!begin!end.json", with an id and .gz or
/// without. RFC 8460 section 5.1.
[[nodiscard]] bool is_report_name(std::string_view name);

/// Tells whether a mail, or one that it holds as text, says in a header that it brings a report, whether one
/// is in it or not: a TLS-Report field, report-type=tlsrpt, a part's type or the name of its file. RFC 8460
/// section 5.3.
[[nodiscard]] bool declares_report(std::string_view mail);

}  // namespace mta_sts::tlsrpt
