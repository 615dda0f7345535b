#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "outcome/report/report_identity.hpp"
#include "outcome/report/report_target.hpp"

namespace mta_sts::outcome {

/// What a report's mail says beside the report.
struct MailHead {
  ReportIdentity identity;
  MailTarget from;
  MailTarget to;
  std::chrono::sys_seconds made;  ///< Date
};

/// Renders the mail of a report, lines ended by LF as sendmail(1) takes them: the same bytes each time, so
/// that one that is sent again is known by its Message-ID. No header field is folded or encoded, all are
/// below 998 bytes. It asks for delivery even without TLS (RFC 8460 section 3, RFC 8689 section 5), and to be
/// answered by nobody's program (RFC 3834 section 5). RFC 8460 section 5.3.
[[nodiscard]] std::string render_mail(const MailHead& head, std::string_view gzip);

}  // namespace mta_sts::outcome
