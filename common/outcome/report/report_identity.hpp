#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace mta_sts::outcome {

/// Who reports on which domain and UTC day: all names of a report are made of these, so that a report that is
/// sent again is known again. Both names are DomainName texts.
struct ReportIdentity {
  std::string submitter;
  std::string domain;
  std::chrono::sys_days day;
  std::string unique_id;  ///< of the counts: tells apart what several hosts report for one submitter
};

/// The unique-id of reports that were queued before there were ids: their report-id is a hash of the others.
inline constexpr std::string_view id_before_ids = "001";

/// Tells whether a text can be a unique-id: 1 to 40 ASCII letters and digits. RFC 8460 section 5.1.
[[nodiscard]] bool is_unique_id(std::string_view text);

/// The last second of a report's day: its range is from 00:00:00 to 23:59:59. RFC 8460 section 4.1.
[[nodiscard]] std::chrono::sys_seconds last_second_of(std::chrono::sys_days day);

/// Gives the report-id in the form of a Message-ID without brackets, at most 300 bytes: the day, a hash of
/// all four, the submitter. RFC 8460 section 4.4.
[[nodiscard]] std::string report_id_of(const ReportIdentity& identity);

/// Gives "submitter!domain!first second!last second!unique-id.json.gz". RFC 8460 section 5.1.
[[nodiscard]] std::string report_file_name_of(const ReportIdentity& identity);

/// Gives the value of Subject, below 998 bytes. RFC 8460 section 5.3.
[[nodiscard]] std::string report_subject_of(const ReportIdentity& identity);

}  // namespace mta_sts::outcome
