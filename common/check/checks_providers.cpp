// C74: the mx lines against what is known of mail providers.
#include <array>

#include "check/groups.hpp"
#include "check/provider_notes.hpp"
#include "publish/mail_providers.hpp"

namespace mta_sts::check {
namespace {

std::string provider_of(const Case& c) {
  for (const std::string& name : c.mx_names()) {
    if (const auto* provider = publish::find_provider(name); provider != nullptr) {
      return std::string(provider->name);
    }
  }
  return "no provider that is known here";
}

std::vector<CheckFinding> judge_provider(const Case& c) {
  if (c.policy() == nullptr) {
    return skipped(c.why_no_policy());
  }
  if (c.policy()->mode == Mode::none) {
    return not_applicable("mode none");
  }
  if (lookup_failed(c.facts.dns.mx_status)) {
    return skipped(54);
  }
  if (c.is_null_mx()) {
    return not_applicable("the domain takes no mail");
  }
  std::vector<CheckFinding> findings;
  for (ProviderNote& note : provider_notes(c)) {
    findings.push_back(std::move(note.finding));
  }
  return all_or_ok(std::move(findings), provider_of(c));
}

constexpr std::array table{
    Check{
        .number = 74,
        .title = "The mx lines fit the mail provider's hosts",
        .fault = "An mx line does not fit the mail provider, or is an example's",
        .severity = Severity::note,
        .how = "each mx line against a table of large providers' hosts, as far as the MX records name them; "
               "names out of examples",
        .cause = "The lines were written from memory, or from the settings of a mail program.",
        .fix = "Write one mx line for each host of the MX records.",
        .source = "RFC 8461 section 4.1",
        .rows = "3",
        .explanation =
            "*. stands for exactly one label, so that *.google.com covers no aspmx.l.google.com. "
            "Hosts such as smtp.gmail.com take mail from the provider's users and receive none for a domain. "
            "What is known of a provider's hosts stands in a table, each with a page of the provider to look "
            "at and the day when they were looked up; the finding has both.",
        .judge = judge_provider},
};

}  // namespace

std::span<const Check> provider_checks() {
  return table;
}

}  // namespace mta_sts::check
