#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/report/file_source.hpp"
#include "cli/report/report_files.hpp"
#include "tlsrpt/read/read_input.hpp"

namespace mta_sts::cli {

/// What came of reading all files.
struct ReadingResult {
  std::size_t reports = 0;
  std::size_t refused = 0;     ///< files with an E_ word
  std::size_t cut = 0;         ///< files of whose texts only the beginning is kept: W_LONG_TEXT
  std::size_t unreadable = 0;  ///< files and folders that could not be opened or read to their end
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
  ShowProgress progress = ShowProgress::on_terminal;
};

/// Reads one input after the other, and tells what is wrong with each on standard error.
class ReportReading {
 public:
  /// What is given must outlive it. `begin` and `end` of the events are called for files alone.
  ReportReading(Output& output, const ReadingEvents& events);

  /// Reads a file to its end; tells where it cannot be read.
  tlsrpt::InputResult file(const ReportFile& file, FileSource& source);

  /// Reads another input to its end. Messages say where it is; `name` is what it is called by others.
  tlsrpt::InputResult input(tlsrpt::ByteSource& source, std::string_view place, std::string_view name);

  /// Tells that a file or folder could not be read.
  void unreadable(const Fault& fault);

  [[nodiscard]] const ReadingResult& result() const { return result_; }

 private:
  void print_problems(std::string_view place, const tlsrpt::InputResult& result);

  Output& output_;
  const ReadingEvents& events_;
  tlsrpt::InputReader reader_;
  ReadingResult result_;
};

/// Reads every file to its end, whatever is in it, tells what is wrong with it on standard error, and shows
/// there how far it is where that is a terminal.
[[nodiscard]] ReadingResult read_report_files(Output& output, const std::vector<std::string>& words,
                                              const ReadingEvents& events);

}  // namespace mta_sts::cli
