// C32 to C39: the policy's text.
#include <algorithm>
#include <array>
#include <set>

#include "base/ascii.hpp"
#include "base/number.hpp"
#include "check/case.hpp"
#include "check/groups.hpp"

namespace mta_sts::check {
namespace {

constexpr std::array<std::string_view, 4> known_fields{"version", "mode", "mx", "max_age"};

// Byte edits between two short words (Levenshtein), for hints at typing errors.
std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

std::string_view line_at(std::string_view body, std::size_t number) {
  for (; number > 1 && !body.empty(); --number) {
    body.remove_prefix(std::min(body.find('\n'), body.size() - 1) + 1);
  }
  body = body.substr(0, body.find('\n'));
  return body.substr(0, body.find('\r'));
}

// "enforced" and "Testing" mean a mode; what is no closer to one than to another means none.
std::string mode_line(std::string_view value) {
  const std::string lower = ascii::to_lower(value);
  for (const std::string_view mode : {"enforce", "testing", "none"}) {
    if (lower.size() <= 16 && edits_between(lower, mode) <= 1) {
      return "mode: " + std::string(mode);
    }
  }
  return {};
}

// "14d" and "604800s" are seconds written with a unit.
std::string max_age_line(std::string_view value) {
  constexpr std::array<std::pair<char, std::uint64_t>, 5> units{
      {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}}};
  const std::string lower = ascii::to_lower(value);
  if (lower.empty()) {
    return {};
  }
  const auto count =
      text::parse_decimal(std::string_view(lower).substr(0, lower.size() - 1), max_age_limit_seconds);
  const auto unit = std::ranges::find(units, lower.back(), [](const auto& entry) { return entry.first; });
  const std::uint64_t total =
      count && unit != units.end() ? *count * unit->second : max_age_limit_seconds + 1;
  return total <= max_age_limit_seconds ? "max_age: " + std::to_string(total) : "";
}

// The line that says what a faulty one means; empty where that is not clear.
std::string mended_line(PolicyErrorCode code, std::string_view line) {
  const auto colon = line.find(':');
  const std::string_view value =
      colon == std::string_view::npos ? "" : ascii::trim_blanks(line.substr(colon + 1));
  switch (code) {
    case PolicyErrorCode::missing_version:
    case PolicyErrorCode::bad_version:
      return "version: STSv1";
    case PolicyErrorCode::bad_mode:
      return mode_line(value);
    case PolicyErrorCode::bad_max_age:
      return max_age_line(value);
    default:
      return {};
  }
}

std::string place_of(const PolicyError& error) {
  return "line " + std::to_string(error.where.line) + ", column " + std::to_string(error.where.column);
}

CheckFinding fault(const Case& c, const PolicyError& error) {
  CheckFinding finding =
      found(Severity::error, place_of(error) + ": " + std::string(to_string(error.code)), error.detail);
  finding.line = mended_line(error.code, line_at(c.answer->body, error.where.line));
  return finding;
}

// Every fault of the body whose code is among `codes`, under the strict reading.
std::vector<CheckFinding> faults_of(const Case& c, std::initializer_list<PolicyErrorCode> codes) {
  std::vector<CheckFinding> findings;
  for (const PolicyError& error : find_policy_errors(c.answer->body)) {
    if (std::ranges::find(codes, error.code) != codes.end()) {
      findings.push_back(fault(c, error));
    }
  }
  return findings;
}

bool has_body(const Case& c) {
  return c.sender_reading.has_value();
}

// The bytes are judged first; a body that fails there has no fields to look at.
bool has_bad_bytes(const Case& c) {
  return !faults_of(c, {PolicyErrorCode::not_utf8, PolicyErrorCode::bom, PolicyErrorCode::bad_line_ending,
                        PolicyErrorCode::empty, PolicyErrorCode::too_large})
              .empty();
}

std::vector<CheckFinding> judge_field(const Case& c, std::initializer_list<PolicyErrorCode> codes,
                                      std::string evidence) {
  if (!has_body(c)) {
    return skipped(c.why_no_policy());
  }
  if (has_bad_bytes(c)) {
    return skipped(32);
  }
  return all_or_ok(faults_of(c, codes), std::move(evidence));
}

std::vector<CheckFinding> judge_bytes(const Case& c) {
  if (!has_body(c)) {
    return skipped(c.why_no_policy());
  }
  return all_or_ok(
      faults_of(c, {PolicyErrorCode::not_utf8, PolicyErrorCode::bom, PolicyErrorCode::bad_line_ending,
                    PolicyErrorCode::empty, PolicyErrorCode::too_large}),
      std::to_string(c.answer->body.size()) + " bytes");
}

std::vector<CheckFinding> judge_version(const Case& c) {
  return judge_field(c, {PolicyErrorCode::missing_version, PolicyErrorCode::bad_version}, "STSv1");
}

std::vector<CheckFinding> judge_mode(const Case& c) {
  return judge_field(c, {PolicyErrorCode::missing_mode, PolicyErrorCode::bad_mode},
                     c.policy() == nullptr ? "" : std::string(to_string(c.policy()->mode)));
}

std::vector<CheckFinding> judge_max_age(const Case& c) {
  return judge_field(c, {PolicyErrorCode::missing_max_age, PolicyErrorCode::bad_max_age},
                     c.policy() == nullptr ? "" : std::to_string(c.policy()->max_age_seconds) + " s");
}

std::vector<CheckFinding> judge_max_age_fits(const Case& c) {
  const Policy* policy = c.policy();
  if (policy == nullptr) {
    return skipped(c.why_no_policy());
  }
  const std::string evidence =
      "mode " + std::string(to_string(policy->mode)) + ", max_age " + std::to_string(policy->max_age_seconds);
  if (is_max_age_short(policy->mode, policy->max_age_seconds)) {
    return {found(Severity::warning, evidence,
                  "A short max_age gives an attacker a chance each time it runs out.")};
  }
  if (is_max_age_long(policy->mode, policy->max_age_seconds)) {
    return {found(Severity::note, evidence, "A long max_age makes the way back from testing slow.")};
  }
  return ok(evidence);
}

// A line that is no pattern is what senders pass over where others are good.
std::vector<CheckFinding> judge_mx_lines(const Case& c) {
  std::vector<CheckFinding> findings =
      judge_field(c, {PolicyErrorCode::bad_mx, PolicyErrorCode::missing_mx},
                  c.policy() == nullptr ? "" : std::to_string(c.policy()->mx.size()) + " mx");
  for (CheckFinding& finding : findings) {
    finding.severity = c.policy() != nullptr ? Severity::warning : Severity::error;
  }
  return findings;
}

std::string_view near_field(const std::string& name) {
  const std::string lower = ascii::to_lower(name);
  for (const std::string_view field : known_fields) {
    const std::size_t allowed = field.size() <= 2 ? 1 : 2;
    if (name != field && lower.size() <= 32 && edits_between(lower, field) <= allowed) {
      return field;
    }
  }
  return {};
}

std::vector<CheckFinding> judge_rest(const Case& c) {
  if (!has_body(c)) {
    return skipped(c.why_no_policy());
  }
  if (has_bad_bytes(c)) {
    return skipped(32);
  }
  std::vector<CheckFinding> findings =
      faults_of(c, {PolicyErrorCode::bad_syntax, PolicyErrorCode::blank_line});
  const bool senders_take_it = c.sender_reading->has_value();
  for (CheckFinding& finding : findings) {
    finding.severity = senders_take_it ? Severity::warning : Severity::error;
  }
  if (!senders_take_it) {
    return all_or_ok(std::move(findings));
  }
  for (const PolicyExtension& extension : c.policy()->extensions) {
    if (const std::string_view meant = near_field(extension.name); !meant.empty()) {
      findings.push_back(found(Severity::warning, extension.name + ": " + extension.value,
                               "Senders ignore the unknown field \"" + extension.name + "\"; is \"" +
                                   std::string(meant) + "\" meant?"));
    } else {
      findings.push_back(
          found(Severity::note, extension.name + ": " + extension.value, "An unknown field is ignored."));
    }
  }
  const std::vector<std::string>& mx = c.policy()->mx;
  if (std::set(mx.begin(), mx.end()).size() != mx.size()) {
    findings.push_back(found(Severity::note, "an mx stands twice"));
  }
  return all_or_ok(std::move(findings));
}

std::vector<CheckFinding> judge_none(const Case& c) {
  if (c.policy() == nullptr) {
    return skipped(c.why_no_policy());
  }
  return c.policy()->mode == Mode::none ? std::vector{found(Severity::note, "mode: none")}
                                        : ok(std::string(to_string(c.policy()->mode)));
}

constexpr std::array table{
    Check{.number = 32,
          .title = "The policy's bytes are plain text",
          .fault = "The policy's bytes are not plain text",
          .severity = Severity::error,
          .how = "UTF-8, no byte order mark, no NUL, LF or CRLF",
          .cause = "A Windows editor or a content system saved the file.",
          .fix = "Save it as plain text without byte order mark.",
          .source = "RFC 8461 section 3.2",
          .rows = "1, 6",
          .explanation =
              "The invisible first three bytes of a byte order mark make the first line an unknown field.",
          .judge = judge_bytes},
    Check{.number = 33,
          .title = "version is STSv1",
          .fault = "version is missing or not STSv1",
          .severity = Severity::error,
          .how = "parsed as senders do",
          .cause = "The line is missing or in another case.",
          .fix = "Make the line version: STSv1",
          .source = "RFC 8461 section 3.2",
          .rows = "1",
          .explanation = "Without it the file is no policy.",
          .judge = judge_version},
    Check{.number = 34,
          .title = "mode is enforce, testing or none",
          .fault = "mode is not enforce, testing or none",
          .severity = Severity::error,
          .how = "parsed as senders do; case counts",
          .cause = "Another word or case was written (enforced, Testing).",
          .fix = "Write mode: enforce, testing or none, in lower case.",
          .source = "RFC 8461 section 3.2",
          .rows = "1",
          .explanation = "Any other word makes the whole policy invalid.",
          .judge = judge_mode},
    Check{.number = 35,
          .title = "max_age is a number of seconds up to a year",
          .fault = "max_age is not a number of seconds up to a year",
          .severity = Severity::error,
          .how = "parsed as senders do; over 31557600 is refused",
          .cause = "A unit was written (7d, 604800s), or the number is too large.",
          .fix = "Give seconds as a plain number, for example max_age: 604800",
          .source = "RFC 8461 section 3.2",
          .rows = "5",
          .explanation = "Senders read at most ten digits and may refuse or cut what is over a year.",
          .judge = judge_max_age},
    Check{.number = 36,
          .title = "max_age fits the mode",
          .fault = "max_age does not fit the mode",
          .severity = Severity::warning,
          .how = "enforce under a week, testing over a week",
          .cause = "The value was copied from the other mode.",
          .fix = "Use 86400 while testing and weeks (1209600) with enforce.",
          .source = "RFC 8461 sections 3.2 and 10.2",
          .rows = "5, 7",
          .explanation = "MTA-STS protects a sender that has a cached policy; the longer it is kept, the "
                         "rarer the moment of first contact.",
          .judge = judge_max_age_fits},
    Check{.number = 37,
          .title = "The mx lines are host names or *. and a host name",
          .fault = "The mx lines are missing or wrong",
          .severity = Severity::error,
          .how = "each against the grammar; at least one unless mode is none",
          .cause = "An address, a list in one line, or a typing error in the field name.",
          .fix = "Write one mx: HOST line for each MX host.",
          .source = "RFC 8461 sections 3.2 and 4.1",
          .rows = "3",
          .explanation = "One bad mx line makes the whole policy invalid for senders.",
          .judge = judge_mx_lines},
    Check{.number = 38,
          .title = "Nothing else in the policy",
          .fault = "The policy has lines that do not belong there",
          .severity = Severity::error,
          .how = "lines that do not parse, unknown fields, near misses of known ones, empty lines",
          .cause = "Files were merged, or a field name is mistyped.",
          .fix = "Delete the extra lines; check the spelling of the near misses.",
          .source = "RFC 8461 section 3.2",
          .rows = "1",
          .explanation =
              "Unknown fields are ignored, so nmx: for mx: costs a host its protection without any error.",
          .judge = judge_rest},
    Check{.number = 39,
          .title = "The policy is not none",
          .fault = "The policy is none",
          .severity = Severity::note,
          .how = "the mode",
          .cause = "The domain opted out, or is on its way out.",
          .fix = "Nothing, if meant so. C66 tells when record and file may be removed.",
          .source = "RFC 8461 section 8.3",
          .rows = "5",
          .explanation = "With mode none senders act as if there were no policy.",
          .judge = judge_none},
};

}  // namespace

std::span<const Check> policy_checks() {
  return table;
}

}  // namespace mta_sts::check
