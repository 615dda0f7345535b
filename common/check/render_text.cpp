#include <map>

#include "base/utf8.hpp"
#include "check/diagnosis.hpp"
#include "check/render_text_details.hpp"
#include "check/wording.hpp"

namespace mta_sts::check {
namespace {

constexpr std::size_t shown_evidence_bytes = 400;

std::string safe(std::string_view foreign) {
  return text::escape_for_display(foreign, shown_evidence_bytes);
}

TextRole role_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return TextRole::error;
    case Severity::warning:
      return TextRole::warning;
    case Severity::note:
      return TextRole::plain;
  }
  return TextRole::plain;
}

std::string head(const Diagnosis& d, const Paint& paint) {
  std::string line = paint(TextRole::heading, d.shown_domain);
  if (d.shown_domain != d.domain) {
    line += " (" + d.domain + ")";
  }
  if (const std::string policy = policy_line(d); !policy.empty()) {
    line += ": " + safe(policy);
  }
  return line + "\n";
}

std::string verdict(const Diagnosis& d, const Paint& paint) {
  const bool is_good = d.forecast.is_protected && d.forecast.is_whole;
  std::string lines = paint(is_good        ? TextRole::good
                            : d.errors > 0 ? TextRole::error
                                           : TextRole::warning,
                            d.forecast.sentence) +
                      "\n";
  for (const AddressForecast& at : d.forecast.addresses) {
    const bool delivers = at.delivery == Delivery::delivers;
    lines += "  " + safe(at.mx) + " [" + safe(at.address) + "] " +
             paint(delivers ? TextRole::good : TextRole::warning,
                   at.delivery == Delivery::not_testable ? "not testable" : to_string(at.delivery)) +
             "\n";
  }
  return lines;
}

TextRole role_of(AreaState state) {
  return state == AreaState::ok        ? TextRole::good
         : state == AreaState::error   ? TextRole::error
         : state == AreaState::warning ? TextRole::warning
                                       : TextRole::plain;
}

// A line for each state, the worst first: "ok record, policy host".
std::string area_lines(const Diagnosis& d, const Paint& paint) {
  std::map<AreaState, std::string> names;
  for (const AreaStatus& area : d.areas) {
    std::string& list = names[area.state];
    list += (list.empty() ? "" : ", ") + std::string(area.name);
  }
  std::string lines;
  for (const auto& [state, list] : names) {
    lines += paint(role_of(state), to_string(state)) + " " + list + "\n";
  }
  return lines;
}

// One line where all is well; where something is wrong its fix comes first.
std::string next_line(const Diagnosis& d) {
  return d.errors > 0 || d.next.empty() ? "" : "next " + safe(step_words(d.next.front())) + "\n";
}

std::string labelled(const Paint& paint, std::string_view label, std::string_view value) {
  if (value.empty()) {
    return "";
  }
  const std::string padding(label.size() < 6 ? 6 - label.size() : 1, ' ');
  return "    " + paint(TextRole::plain, label) + padding + std::string(value) + "\n";
}

std::string lines_to_copy(const CheckFinding& finding, const Paint& paint) {
  std::string text;
  for (const std::string_view line : lines_of(finding)) {
    text += labelled(paint, "line", safe(line));
  }
  return text;
}

std::string fault(const Check& check, const CheckFinding& finding, const Paint& paint) {
  const std::string word = paint(role_of(finding.severity), to_string(finding.severity));
  std::string text =
      word + " " + id_of(check.number) + " " + paint(TextRole::heading, title_of(check, finding)) + "\n";
  text += labelled(paint, "at", safe(finding.subject));
  text += labelled(paint, "seen", safe(finding.evidence));
  text += labelled(paint, "cause", safe(cause_of(check, finding)));
  text += labelled(paint, "fix", safe(fix_of(check, finding)));
  text += lines_to_copy(finding, paint);
  if (check.source != "-") {
    text += labelled(paint, "rule", check.source);
  }
  return text;
}

std::string one_line(const Check& check, const CheckFinding& finding, const Paint& paint) {
  const TextRole role = finding.outcome == Outcome::ok ? TextRole::good : TextRole::plain;
  std::string line =
      paint(role, word_of(finding)) + " " + id_of(check.number) + " " + std::string(title_of(check, finding));
  if (finding.outcome == Outcome::skipped) {
    line += ": skipped because of " + id_of(finding.because_of);
  }
  if (!finding.subject.empty()) {
    line += ": " + safe(finding.subject);
  }
  if (!finding.evidence.empty()) {
    line += ": " + safe(finding.evidence);
  }
  return line + "\n";
}

std::string note(const Check& check, const CheckFinding& finding, const Paint& paint) {
  std::string text = one_line(check, finding, paint);
  if (!finding.line.empty()) {
    text += labelled(paint, "fix", safe(fix_of(check, finding))) + lines_to_copy(finding, paint);
  }
  return text;
}

std::string faults_of(const Diagnosis& d, Severity severity, const Paint& paint) {
  std::string text;
  for (const Judgement& judgement : d.judgements) {
    for (const CheckFinding& finding : judgement.findings) {
      if (finding.outcome == Outcome::found && finding.severity == severity) {
        text += fault(*judgement.check, finding, paint) + "\n";
      }
    }
  }
  return text;
}

std::string notes_of(const Diagnosis& d, const Paint& paint) {
  std::string text;
  for (const Judgement& judgement : d.judgements) {
    for (const CheckFinding& finding : judgement.findings) {
      if (finding.outcome == Outcome::found && finding.severity == Severity::note) {
        text += note(*judgement.check, finding, paint);
      }
    }
  }
  return text;
}

// What could not be tested, by its reason: one line for all checks that wait for the same thing.
std::string not_testable_lines(const Diagnosis& d, const Paint& paint) {
  std::string text;
  for (const auto& [reason, checks] : untestable_reasons(d)) {
    text += paint(TextRole::plain, "not testable") + " " + checks + ": " + safe(reason) + "\n";
  }
  return text;
}

std::string lines_where(const Diagnosis& d, const Paint& paint,
                        const std::function<bool(const CheckFinding&)>& wanted) {
  std::string text;
  for (const Judgement& judgement : d.judgements) {
    for (const CheckFinding& finding : judgement.findings) {
      if (wanted(finding)) {
        text += one_line(*judgement.check, finding, paint);
      }
    }
  }
  return text;
}

}  // namespace

std::string render_text(const Diagnosis& d, bool all, const Paint& paint) {
  std::string text = head(d, paint) + verdict(d, paint) + area_lines(d, paint) + (all ? "" : next_line(d)) +
                     counts_line(d) + "\n\n";
  text += faults_of(d, Severity::error, paint) + faults_of(d, Severity::warning, paint);
  text += notes_of(d, paint);
  text += not_testable_lines(d, paint);
  if (all) {
    text += (text.ends_with("\n\n") ? "" : "\n") + render_text(d.details, paint) + render_next(d.next, paint);
    text += paint(TextRole::heading, "Checks") + "\n";
    text += lines_where(d, paint, [](const CheckFinding& finding) {
      return finding.outcome == Outcome::ok || finding.outcome == Outcome::skipped ||
             finding.outcome == Outcome::not_applicable;
    });
  }
  return text;
}

std::string render_explanation(const Check& check, const Paint& paint) {
  std::string text = paint(TextRole::heading, id_of(check.number) + " " + std::string(check.title)) + "\n\n";
  text += std::string(check.explanation) + "\n\n";
  text += labelled(paint, "fault", check.fault);
  text += labelled(paint, "worst", to_string(check.severity));
  text += labelled(paint, "how", check.how);
  text += labelled(paint, "cause", check.cause);
  text += labelled(paint, "fix", check.fix);
  text += labelled(paint, "rule", check.source == "-" ? "" : check.source);
  text += labelled(paint, "rows", check.rows == "-" ? "" : check.rows);
  return text;
}

std::string render_catalogue() {
  std::string text =
      "| id | tested | how | worst | fault | likely cause | fix | rule | row |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
  for (const Check* check : catalogue()) {
    text += "| " + id_of(check->number) + " | " + std::string(check->title) + " | " +
            std::string(check->how) + " | " + std::string(to_string(check->severity)) + " | " +
            std::string(check->fault.empty() ? "-" : check->fault) + " | " + std::string(check->cause) +
            " | " + std::string(check->fix) + " | " + std::string(check->source) + " | " +
            std::string(check->rows) + " |\n";
  }
  return text;
}

}  // namespace mta_sts::check
