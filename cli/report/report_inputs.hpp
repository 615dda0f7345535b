#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/output.hpp"
#include "cli/report/report_files.hpp"
#include "tlsrpt/read/read_input.hpp"

namespace mta_sts::cli {

/// What came of reading all files.
struct ReadingResult {
  std::size_t reports = 0;
  std::size_t refused = 0;      ///< files with an E_ word
  bool has_unreadable = false;  ///< a file that could not be opened or read to its end
  bool has_mail = false;
  tlsrpt::QuirkSet quirks;
};

/// Hears what is read, file by file.
struct ReadingEvents {
  std::function<void(const ReportFile&)> begin;
  std::function<void(tlsrpt::Report&&)> report;
  std::function<void(const ReportFile&, const tlsrpt::InputResult&)> end;
  bool names_other_mail = true;  ///< mails without a report are named too
  std::string authserv_id = {};  ///< whose Authentication-Results fields are trusted; empty: nobody's
};

/// Reads every file to its end, whatever is in it, tells what is wrong with it on standard error, and shows
/// there how far it is where that is a terminal.
[[nodiscard]] ReadingResult read_report_files(Output& output, const std::vector<std::string>& words,
                                              const ReadingEvents& events);

}  // namespace mta_sts::cli
