#include "check/diagnosis.hpp"

#include <algorithm>

namespace mta_sts::check {
namespace {

bool any(const Judgement& judgement, Outcome outcome) {
  return std::ranges::any_of(judgement.findings, [&](const CheckFinding& f) { return f.outcome == outcome; });
}

void count(Diagnosis& diagnosis, const Judgement& judgement) {
  for (const CheckFinding& finding : judgement.findings) {
    if (finding.outcome != Outcome::found) {
      continue;
    }
    diagnosis.errors += finding.severity == Severity::error ? 1 : 0;
    diagnosis.warnings += finding.severity == Severity::warning ? 1 : 0;
    diagnosis.notes += finding.severity == Severity::note ? 1 : 0;
  }
  if (any(judgement, Outcome::not_testable)) {
    ++diagnosis.not_testable;
  } else if (any(judgement, Outcome::skipped)) {
    ++diagnosis.skipped;
  } else if (!any(judgement, Outcome::found)) {
    ++diagnosis.passed;
  }
}

}  // namespace

Diagnosis diagnose(const Facts& facts, std::string shown_domain) {
  const Case subject(facts);
  Diagnosis diagnosis;
  diagnosis.domain = facts.domain;
  diagnosis.shown_domain = std::move(shown_domain);
  diagnosis.id = subject.record.id;
  if (const Policy* policy = subject.policy(); policy != nullptr) {
    diagnosis.mode = to_string(policy->mode);
    diagnosis.max_age_seconds = policy->max_age_seconds;
  }
  diagnosis.forecast = forecast(subject);
  diagnosis.judgements = judge(facts);
  for (const Judgement& judgement : diagnosis.judgements) {
    count(diagnosis, judgement);
  }
  diagnosis.areas = judge_areas(diagnosis.judgements);
  diagnosis.details = details_of(subject, diagnosis.forecast);
  diagnosis.next = next_steps(subject, diagnosis.forecast, diagnosis.judgements, diagnosis.details.addresses);
  return diagnosis;
}

std::string id_of(int number) {
  return (number < 10 ? "C0" : "C") + std::to_string(number);
}

}  // namespace mta_sts::check
