// C32 to C39: the policy's text.
#include <algorithm>
#include <array>
#include <set>

#include "base/ascii.hpp"
#include "check/case.hpp"
#include "check/groups.hpp"
#include "policy/meant_field.hpp"

namespace mta_sts::check {
namespace {

std::string_view line_at(std::string_view body, std::size_t number) {
  for (; number > 1 && !body.empty(); --number) {
    body.remove_prefix(std::min(body.find('\n'), body.size() - 1) + 1);
  }
  body = body.substr(0, body.find('\n'));
  return body.substr(0, body.find('\r'));
}

std::string place_of(const PolicyError& error) {
  return "line " + std::to_string(error.where.line) + ", column " + std::to_string(error.where.column);
}

CheckFinding fault(const PolicyError& error) {
  CheckFinding finding =
      found(Severity::error, place_of(error) + ": " + std::string(to_string(error.code)), error.detail);
  switch (error.code) {
    case PolicyErrorCode::missing_version:
    case PolicyErrorCode::bad_version:
    case PolicyErrorCode::bad_mode:
    case PolicyErrorCode::bad_max_age:
    case PolicyErrorCode::field_misspelt:
      finding.line = error.fixed.value_or("");
      break;
    default:  // what is missing is a choice, and several mx lines may stand in the place of one
      break;
  }
  return finding;
}

// Every fault of the body whose code is among `codes`, or whose misspelt name means `field`, under the strict
// reading.
std::vector<CheckFinding> faults_of(const Case& c, std::initializer_list<PolicyErrorCode> codes,
                                    std::string_view field = {}) {
  std::vector<CheckFinding> findings;
  for (const PolicyError& error : find_policy_errors(c.answer->body)) {
    const bool is_misspelt = error.code == PolicyErrorCode::field_misspelt &&
                             meant_field(line_at(c.answer->body, error.where.line)) == field;
    if (is_misspelt || std::ranges::find(codes, error.code) != codes.end()) {
      findings.push_back(fault(error));
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

std::vector<CheckFinding> judge_field(const Case& c, std::string_view field,
                                      std::initializer_list<PolicyErrorCode> codes, std::string evidence) {
  if (!has_body(c)) {
    return skipped(c.why_no_policy());
  }
  if (has_bad_bytes(c)) {
    return skipped(32);
  }
  return all_or_ok(faults_of(c, codes, field), std::move(evidence));
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
  return judge_field(c, "version", {PolicyErrorCode::missing_version, PolicyErrorCode::bad_version}, "STSv1");
}

std::vector<CheckFinding> judge_mode(const Case& c) {
  return judge_field(c, "mode", {PolicyErrorCode::missing_mode, PolicyErrorCode::bad_mode},
                     c.policy() == nullptr ? "" : std::string(to_string(c.policy()->mode)));
}

std::vector<CheckFinding> judge_max_age(const Case& c) {
  return judge_field(c, "max_age", {PolicyErrorCode::missing_max_age, PolicyErrorCode::bad_max_age},
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
      judge_field(c, "mx", {PolicyErrorCode::bad_mx, PolicyErrorCode::missing_mx},
                  c.policy() == nullptr ? "" : std::to_string(c.policy()->mx.size()) + " mx");
  for (CheckFinding& finding : findings) {
    finding.severity = c.policy() != nullptr ? Severity::warning : Severity::error;
  }
  return findings;
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
