#include "cli/report/report_inputs.hpp"

#include <cstring>
#include <utility>

#include "base/clock.hpp"
#include "base/utf8.hpp"
#include "cli/report/read_ahead.hpp"

namespace mta_sts::cli {

ReportReading::ReportReading(Output& output, const ReadingEvents& events)
    : output_(output), events_(events), reader_(SystemClock().now(), events.authserv_id) {}

tlsrpt::InputResult ReportReading::file(const ReportFile& file, FileSource& source) {
  if (!source.is_open()) {
    unreadable(input_unreadable(file.path, std::strerror(source.error())));
    tlsrpt::InputResult result;
    result.is_unreadable = true;
    return result;
  }
  events_.begin(file);
  tlsrpt::InputResult result =
      input(source, file.path == "-" ? std::string_view("standard input") : file.path, file.name());
  if (result.is_unreadable) {
    unreadable(input_unreadable(file.path, std::strerror(source.error())));
  }
  events_.end(file, result);
  return result;
}

tlsrpt::InputResult ReportReading::input(tlsrpt::ByteSource& source, std::string_view place,
                                         std::string_view name) {
  tlsrpt::InputResult result = reader_.read(source, name, [&](tlsrpt::Report&& report) {
    ++result_.reports;
    events_.report(std::move(report));
  });
  result_.refused += result.findings.errors.empty() ? 0 : 1;
  result_.has_mail = result_.has_mail || result.has_mail;
  result_.quirks.add(result.findings.quirks);
  result_.cut += result.findings.quirks.contains(tlsrpt::Quirk::long_text) ? 1 : 0;
  print_problems(place, result);
  return result;
}

void ReportReading::unreadable(const Fault& fault) {
  ++result_.unreadable;
  output_.error(fault);
}

void ReportReading::print_problems(std::string_view place, const tlsrpt::InputResult& result) {
  for (const tlsrpt::Problem& problem : result.findings.problems) {
    if (problem.is_of_other_mail && !events_.names_other_mail) {
      continue;
    }
    output_.warning(text::escape_for_display(place) + ": " + std::string(to_string(problem.error)) + ": " +
                    text::escape_for_display(problem.detail));
  }
}

ReadingResult read_report_files(Output& output, const std::vector<std::string>& words,
                                const ReadingEvents& events) {
  const ReportFiles found = find_report_files(words);
  ReportReading reading(output, events);
  for (const Fault& error : found.errors) {
    reading.unreadable(error);
  }
  Progress progress("files read", found.files.size(), events.progress);
  ReadAhead ahead(found.files);
  for (const ReportFile& file : found.files) {
    reading.file(file, ahead.next());
    progress.step();
  }
  return reading.result();
}

}  // namespace mta_sts::cli
