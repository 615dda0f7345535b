#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "tlsrpt/model/report.hpp"
#include "tlsrpt/model/words.hpp"

namespace mta_sts::tlsrpt {

/// What surrounds a report and helps where it is silent; the report itself is always right (RFC 8460
/// section 5.6).
struct Surroundings {
  std::string domain;     ///< TLS-Report-Domain, or the second part of the file's name; empty if neither
  std::string submitter;  ///< TLS-Report-Submitter, lower case; empty if none
  std::chrono::sys_seconds latest =
      std::chrono::sys_seconds::max();  ///< a report that starts later is refused: nobody has seen that day
  std::optional<std::chrono::sys_seconds> start;  ///< the third part of the file's name
};

using ReportSink = std::function<void(Report&&)>;

/// Reads the reports in the bytes of an unpacked document, of any quality, and gives each to `accept`, its
/// quirks in it. What cannot be used goes to `findings`. RFC 8460 section 4; the quirks are those of real
/// senders.
void read_document(std::string_view bytes, const Surroundings& around, Findings& findings,
                   const ReportSink& accept);

/// Gives what a file's name of RFC 8460 section 5.1 ("sender!domain!start!end!id.json.gz") tells: the domain
/// in lower case, and the start, in seconds since 1970; nothing where it has no such parts.
[[nodiscard]] Surroundings told_by_name(std::string_view name);

}  // namespace mta_sts::tlsrpt
