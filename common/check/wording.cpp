#include "check/wording.hpp"

#include <algorithm>

#include "base/utc_time.hpp"

namespace mta_sts::check {
namespace {

constexpr std::uint64_t day_seconds = 86400;

}  // namespace

std::string plural(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string duration(std::uint64_t seconds) {
  return seconds % day_seconds == 0 && seconds > 0 ? plural(seconds / day_seconds, "day")
                                                   : plural(seconds, "second");
}

std::string remaining_words(const CertificateDetails& certificate) {
  if (certificate.remaining == Remaining::out_of_time) {
    return certificate.days_left < 0 ? "expired" : "not valid yet";
  }
  return certificate.days_left == 0
             ? "less than a day left"
             : plural(static_cast<std::size_t>(certificate.days_left), "day") + " left";
}

std::string step_words(const Step& step) {
  if (!step.when) {
    return step.text;
  }
  const std::string day = utc_text(*step.when).substr(0, std::string_view("2026-04-30").size());
  const std::string days =
      step.days_left == 0 ? "less than a day" : plural(static_cast<std::size_t>(step.days_left), "day");
  return step.is_deadline ? "by " + day + ", " + days + " left: " + step.text
                          : "from " + day + " on, in " + days + ": " + step.text;
}

std::string policy_line(const Diagnosis& d) {
  std::string line;
  if (!d.mode.empty()) {
    line = "mode " + d.mode + ", max_age " + duration(d.max_age_seconds);
  }
  if (!d.id.empty()) {
    line += (line.empty() ? "id " : ", id ") + d.id;
  }
  return line;
}

std::string counts_line(const Diagnosis& d) {
  std::string line = plural(d.errors, "error") + ", " + plural(d.warnings, "warning") + ", " +
                     plural(d.notes, "note") + "; " + plural(d.passed, "check") + " passed";
  if (d.not_testable > 0) {
    line += ", " + std::to_string(d.not_testable) + " not testable from here";
  }
  if (d.skipped > 0) {
    line += ", " + std::to_string(d.skipped) + " skipped";
  }
  return line;
}

std::vector<std::pair<std::string, std::string>> untestable_reasons(const Diagnosis& d) {
  std::vector<std::pair<std::string, std::string>> reasons;
  for (const Judgement& judgement : d.judgements) {
    for (const CheckFinding& finding : judgement.findings) {
      if (finding.outcome != Outcome::not_testable) {
        continue;
      }
      const std::string reason = finding.evidence + (finding.subject.empty() ? "" : ": " + finding.subject);
      auto known = std::ranges::find(reasons, reason, [](const auto& entry) { return entry.first; });
      if (known == reasons.end()) {
        known = reasons.emplace(reasons.end(), reason, "");
      }
      known->second += (known->second.empty() ? "" : " ") + id_of(judgement.check->number);
    }
  }
  return reasons;
}

std::string_view title_of(const Check& check, const CheckFinding& finding) {
  return finding.outcome == Outcome::found && !check.fault.empty() ? check.fault : check.title;
}

std::string_view word_of(const CheckFinding& finding) {
  switch (finding.outcome) {
    case Outcome::found:
      return to_string(finding.severity);
    case Outcome::not_testable:
      return "not testable";
    case Outcome::not_applicable:
      return "not applicable";
    case Outcome::ok:
    case Outcome::skipped:
      break;
  }
  return to_string(finding.outcome);
}

std::string cause_of(const Check& check, const CheckFinding& finding) {
  return finding.cause.empty() ? std::string(check.cause) : finding.cause;
}

std::string fix_of(const Check& check, const CheckFinding& finding) {
  return finding.fix.empty() ? std::string(check.fix) : finding.fix;
}

std::vector<std::string_view> lines_of(const CheckFinding& finding) {
  std::vector<std::string_view> lines;
  for (std::string_view rest = finding.line; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    lines.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return lines;
}

}  // namespace mta_sts::check
