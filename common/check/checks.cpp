#include "check/checks.hpp"

#include "base/enum_names.hpp"
#include "check/case.hpp"
#include "check/groups.hpp"

namespace mta_sts::check {

std::string_view to_string(Severity severity) {
  using enum Severity;
  static constexpr auto words = enum_names<Severity>({
      {error, "error"},
      {warning, "warning"},
      {note, "note"},
  });
  return words[severity];
}

std::string_view to_string(Outcome outcome) {
  using enum Outcome;
  static constexpr auto words = enum_names<Outcome>({
      {ok, "ok"},
      {found, "found"},
      {not_testable, "not-testable"},
      {skipped, "skipped"},
      {not_applicable, "not-applicable"},
  });
  return words[outcome];
}

std::vector<const Check*> catalogue() {
  std::vector<const Check*> all;
  for (const auto group : {dns_checks(), host_checks(), http_checks(), policy_checks(), mx_checks(),
                           mx_record_checks(), tlsrpt_checks(), lifecycle_checks(), provider_checks()}) {
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
