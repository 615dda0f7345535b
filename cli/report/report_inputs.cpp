#include "cli/report/report_inputs.hpp"

#include <cstring>
#include <string_view>

#include "base/clock.hpp"
#include "base/utf8.hpp"
#include "cli/progress.hpp"
#include "cli/report/read_ahead.hpp"

namespace mta_sts::cli {
namespace {

/// Reads one file after the other.
class Reading {
 public:
  Reading(Output& output, const ReadingEvents& events) : output_(output), events_(events) {}

  void file(const ReportFile& file, FileSource& source) {
    if (!source.is_open()) {
      unreadable(file, source.error());
      return;
    }
    events_.begin(file);
    const tlsrpt::InputResult result = reader_.read(source, file.name(), [&](tlsrpt::Report&& report) {
      ++result_.reports;
      events_.report(std::move(report));
    });
    if (result.is_unreadable) {
      unreadable(file, source.error());
    }
    result_.refused += result.findings.errors.empty() ? 0 : 1;
    result_.has_mail = result_.has_mail || result.has_mail;
    result_.quirks.add(result.findings.quirks);
    print_result(file, result);
    events_.end(file, result);
  }

  ReadingResult& result() { return result_; }

 private:
  void unreadable(const ReportFile& file, int error) {
    result_.has_unreadable = true;
    output_.error(input_unreadable(file.path, std::strerror(error)));
  }

  void print_result(const ReportFile& file, const tlsrpt::InputResult& result) {
    for (const tlsrpt::Problem& problem : result.findings.problems) {
      if (problem.is_of_other_mail && !events_.names_other_mail) {
        continue;
      }
      const std::string name = file.path == "-" ? "standard input" : text::escape_for_display(file.path);
      output_.warning(name + ": " + std::string(to_string(problem.error)) + ": " +
                      text::escape_for_display(problem.detail));
    }
  }

  Output& output_;
  const ReadingEvents& events_;
  tlsrpt::InputReader reader_{SystemClock().now(), events_.authserv_id};
  ReadingResult result_;
};

}  // namespace

ReadingResult read_report_files(Output& output, const std::vector<std::string>& words,
                                const ReadingEvents& events) {
  const ReportFiles found = find_report_files(words);
  Reading reading(output, events);
  for (const Fault& error : found.errors) {
    output.error(error);
    reading.result().has_unreadable = true;
  }
  Progress progress("files read", found.files.size());
  ReadAhead ahead(found.files);
  for (const ReportFile& file : found.files) {
    reading.file(file, ahead.next());
    progress.step();
  }
  return reading.result();
}

}  // namespace mta_sts::cli
