#include "check/checks.hpp"

#include "check/case.hpp"
#include "check/groups.hpp"

namespace mta_sts::check {

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "note";
  }
  return "note";
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok:
      return "ok";
    case Outcome::found:
      return "found";
    case Outcome::not_testable:
      return "not-testable";
    case Outcome::skipped:
      return "skipped";
    case Outcome::not_applicable:
      return "not-applicable";
  }
  return "not-testable";
}

std::vector<const Check*> catalogue() {
  std::vector<const Check*> all;
  for (const auto group : {dns_checks(), host_checks(), http_checks(), policy_checks(), mx_checks(),
                           mx_record_checks(), tlsrpt_checks(), lifecycle_checks()}) {
    for (const Check& check : group) {
      all.push_back(&check);
    }
  }
  return all;
}

std::vector<Judgement> judge(const Facts& facts) {
  const Case subject(facts);
  std::vector<Judgement> judgements;
  for (const Check* check : catalogue()) {
    judgements.push_back({.check = check, .findings = check->judge(subject)});
  }
  return judgements;
}

}  // namespace mta_sts::check
