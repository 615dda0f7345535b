#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/fault.hpp"
#include "cli/output.hpp"
#include "tlsrpt/read/read_input.hpp"

namespace mta_sts::cli {

/// One file of reports to read.
struct ReportFile {
  std::string path;             ///< "-" is standard input
  std::string name;             ///< to show: what tells it from the others
  bool is_from_folder = false;  ///< found, not named: a link that took its place meanwhile is not followed
};

/// The files that words of the command line stand for, and what could not be looked at.
struct ReportFiles {
  std::vector<ReportFile> files;
  std::vector<Fault> errors;
};

/// Finds the files: a file stands for itself, a folder for what is in it, sorted; in a Maildir and in a web
/// server's spool the messages still being written (tmp) are left out, and the folders of a Maildir++ are
/// read too. Hidden files, links, whatever is no regular file and what macOS and Windows put there are left
/// out of folders. Names are shown from below the folder that all of them share.
[[nodiscard]] ReportFiles find_report_files(const std::vector<std::string>& words);

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
