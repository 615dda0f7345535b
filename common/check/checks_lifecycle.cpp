// C65 to C73: the life of a policy, this machine's own conditions, the forecast.
#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/number.hpp"
#include "check/cached_answer.hpp"
#include "check/case.hpp"
#include "check/certificate.hpp"
#include "check/forecast.hpp"
#include "check/groups.hpp"
#include "check/history.hpp"
#include "policy/mx_match.hpp"

namespace mta_sts::check {
namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr days long_testing{60};
constexpr seconds clock_tolerance{120};

bool has_history(const Case& c) {
  return !c.facts.history.empty();
}

std::vector<CheckFinding> without_history() {
  return not_testable("no earlier diagnosis is known (--history FILE keeps them)");
}

// Up to when a policy of the history may still be in some sender's cache.
std::chrono::sys_seconds cached_until(const Case& c) {
  std::chrono::sys_seconds until{};
  for (const HistoryEntry& entry : c.facts.history) {
    if (entry.mode == "enforce") {
      until = std::max(until, entry.seen + seconds(std::min(entry.max_age_seconds, max_age_limit_seconds)));
    }
  }
  return until;
}

std::vector<CheckFinding> judge_testing_for_long(const Case& c) {
  if (c.policy() == nullptr) {
    return skipped(c.why_no_policy());
  }
  if (c.policy()->mode != Mode::testing) {
    return not_applicable("not in testing");
  }
  if (!has_history(c)) {
    return without_history();
  }
  auto since = c.facts.conditions.now;
  for (auto entry = c.facts.history.rbegin(); entry != c.facts.history.rend() && entry->mode == "testing";
       ++entry) {
    since = entry->seen;
  }
  if (c.facts.conditions.now - since > long_testing) {
    return {found(Severity::note, "testing since " + to_text(since) + " at least")};
  }
  return ok("testing since " + to_text(since));
}

std::vector<CheckFinding> judge_removal(const Case& c) {
  if (!has_history(c)) {
    return without_history();
  }
  if (c.record.outcome == TxtOutcome::temp) {
    return skipped(1);
  }
  const bool record_gone = c.record.outcome == TxtOutcome::none && c.record.candidates == 0;
  const bool policy_gone = c.policy() == nullptr;
  const auto until = cached_until(c);
  if ((record_gone || policy_gone) && until > c.facts.conditions.now) {
    const std::string what = record_gone && policy_gone ? "record and policy"
                             : record_gone              ? "the record"
                                                        : "the policy";
    return {found(
        Severity::error, what + " vanished; an enforce policy may be cached until " + to_text(until), "",
        "Put the file back with mode: none, give it a new id, and wait until " + to_text(until) + ".")};
  }
  return ok();
}

std::vector<CheckFinding> judge_change_order(const Case& c) {
  if (!has_history(c)) {
    return without_history();
  }
  const HistoryEntry& last = c.facts.history.back();
  std::vector<CheckFinding> findings;
  for (auto entry = c.facts.history.begin(); entry + 1 != c.facts.history.end(); ++entry) {
    const auto& next = *(entry + 1);
    const bool id_first = !entry->id.empty() && !next.id.empty() && entry->id != next.id &&
                          has_same_policy(*entry, next) && &next == &last;
    if (id_first && is_old_copy_served(c)) {
      findings.push_back({.outcome = Outcome::skipped, .because_of = 30});
    } else if (id_first) {
      findings.push_back(found(Severity::warning, "the id went from " + entry->id + " to " + next.id +
                                                      ", the policy stayed the same"));
    }
  }
  if (c.policy() != nullptr && c.policy()->mode == Mode::enforce && c.facts.history.size() > 1) {
    const std::vector<std::string>& before = c.facts.history[c.facts.history.size() - 2].mx;
    for (const std::string& name : c.mx_names()) {
      const bool is_new = std::ranges::find(before, name) == before.end();
      if (is_new && !matches_mx(c.policy()->mx, name)) {
        findings.push_back(found(Severity::warning, name + " is a new MX that the policy does not name",
                                 "The MX record was published before the policy named its host.",
                                 "Name the host in the policy, as C52 says. From now on, change the "
                                 "policy first, and the MX once the old max_age is over."));
      }
    }
  }
  return all_or_ok(std::move(findings));
}

std::vector<CheckFinding> judge_both_published(const Case& c) {
  const bool has_record = c.record.outcome == TxtOutcome::ok;
  if (c.record.outcome == TxtOutcome::temp) {
    return skipped(1);
  }
  if (has_record && c.policy() == nullptr) {
    return skipped(c.why_no_policy());
  }
  if (!has_record && c.policy() != nullptr) {
    const bool is_gone = c.record.outcome == TxtOutcome::none && c.record.candidates == 0;
    return is_gone ? std::vector{found(Severity::error, "a policy without a record")}
                   : skipped(c.why_no_record());
  }
  return has_record ? ok("both are there") : skipped(1);
}

// Whether the domain has an address of the family whose addresses have this character: without one nothing is
// missed here.
bool has_address_of(const Case& c, char mark) {
  return std::ranges::any_of(c.facts.dns.hosts, [mark](const HostFact& host) {
    return std::ranges::any_of(host.addresses, [mark](const std::string& address) {
      return address.find(mark) != std::string::npos;
    });
  });
}

std::vector<CheckFinding> judge_conditions(const Case& c) {
  const Conditions& conditions = c.facts.conditions;
  std::vector<CheckFinding> findings;
  const auto note = [&](bool lacks, std::string text) {
    if (lacks) {
      findings.push_back(found(Severity::note, std::move(text)));
    }
  };
  note(!conditions.resolver_answers, "the DNS resolver does not answer");
  note(!conditions.resolver_validates, "the DNS resolver does not validate DNSSEC");
  note(!conditions.has_ipv6 && has_address_of(c, ':'), "no IPv6 from here");
  note(!conditions.has_ipv4 && has_address_of(c, '.'), "no IPv4 from here");
  note(!conditions.port_25_open, "port 25 is blocked from here");
  if (conditions.clock_offset && std::chrono::abs(*conditions.clock_offset) > clock_tolerance) {
    note(true,
         "this clock is " + std::to_string(conditions.clock_offset->count()) + " s off the servers' Date");
  }
  if (findings.empty() && !conditions.clock_offset) {
    return c.answer == nullptr ? not_applicable("no policy host answered to compare this clock with")
                               : not_testable("no answer has a Date to compare this clock with");
  }
  return all_or_ok(std::move(findings));
}

std::vector<CheckFinding> judge_local(const Case& c) {
  if (!c.facts.local) {
    return not_applicable("not asked (--local)");
  }
  if (c.facts.local->empty()) {
    return not_testable("no web server of this machine has a policy loaded");
  }
  if (!c.sender_reading) {
    return skipped(c.why_no_policy());
  }
  const bool any_same =
      std::ranges::any_of(*c.facts.local, [&](const LocalPolicy& p) { return p.body == c.answer->body; });
  if (any_same) {
    return ok(std::to_string(c.facts.local->size()) + " local polic(ies), one is what is served");
  }
  return {found(Severity::warning, c.facts.local->front().source + " says: " + c.facts.local->front().words)};
}

std::vector<CheckFinding> judge_local_dane(const Case& c) {
  if (!c.facts.local) {
    return not_applicable("not asked (--local)");
  }
  const auto& sender = c.facts.local_sender;
  if (!sender || !sender->does_dane) {
    return not_applicable(sender ? sender->program + " of this machine does no DANE"
                                 : "no Exim on this machine");
  }
  if (sender->sees_validation) {
    return ok(sender->program + " learns which DNS answers were validated");
  }
  return {found(Severity::warning, "/etc/resolv.conf has no \"options trust-ad\": " + sender->program +
                                       " does no DANE, and nothing tells")};
}

// The verdict stands above all findings; here it is for whoever reads check by check.
std::vector<CheckFinding> judge_forecast(const Case& c) {
  return ok(forecast(c).sentence);
}

// The live result at the host that a report names; nothing where the host is not among the MX.
std::string live_result(const Case& c, const ReportedFailure& failure) {
  std::string results;
  for (const SmtpFact& fact : c.facts.smtp) {
    if (ascii::equals_ignoring_case(fact.mx, failure.mx)) {
      results += (results.empty() ? "" : ", ") + subject_of(fact.mx, fact.address) + " " +
                 std::string(to_string(judge_address(c, fact)));
    }
  }
  return results.empty() ? "not an MX of the domain now" : results;
}

std::vector<CheckFinding> judge_reports(const Case& c) {
  if (!c.facts.reports) {
    return not_applicable("not given (--reports)");
  }
  std::vector<CheckFinding> findings;
  for (const ReportedFailure& failure : *c.facts.reports) {
    findings.push_back(found(Severity::note, failure.type + " at " + (failure.mx.empty() ? "?" : failure.mx) +
                                                 " in " + text::render_grouped(failure.sessions) +
                                                 " sessions; now: " + live_result(c, failure)));
  }
  return all_or_ok(std::move(findings), "no failure reported");
}

constexpr std::array table{
    Check{.number = 65,
          .title = "Testing does not go on for ever",
          .fault = "Testing has gone on for long",
          .severity = Severity::note,
          .how = "earlier diagnoses; over 60 days",
          .cause = "The last step was forgotten.",
          .fix = "Read the reports and go to enforce.",
          .source = "RFC 8461 section 5",
          .rows = "7",
          .explanation = "Testing protects nobody.",
          .judge = judge_testing_for_long},
    Check{.number = 66,
          .title = "Removal keeps its order",
          .fault = "The removal did not keep its order",
          .severity = Severity::error,
          .how = "record or policy vanished while an enforce policy may be cached",
          .cause = "Everything was deleted at once.",
          .fix =
              "Put the file back with mode: none and a new id, and wait for the largest max_age ever served.",
          .source = "RFC 8461 section 8.3",
          .rows = "5, 1",
          .explanation = "Senders keep an enforce policy for its max_age, whatever happens to record and "
                         "file. First serve mode none under a new id, "
                         "wait for the largest max_age counted from its last serving, then delete both.",
          .judge = judge_removal},
    Check{.number = 67,
          .title = "Changes keep their order",
          .fault = "A change did not keep its order",
          .severity = Severity::warning,
          .how = "earlier diagnoses: the file first, then the id; the policy first, then the MX",
          .cause = "The id was raised before the file was live.",
          .fix = "Serve the new policy, then publish its id. Where no new policy is to come, nothing is to "
                 "be done.",
          .source = "RFC 8461 section 8.1",
          .rows = "5",
          .explanation =
              "A sender that sees the new id and fetches the old file keeps the old policy under the new id.",
          .judge = judge_change_order},
    Check{.number = 68,
          .title = "Record and policy are both published",
          .fault = "Only one of record and policy is published",
          .severity = Severity::error,
          .how = "C01 and C24 together",
          .cause = "The set-up was done by half.",
          .fix = "Publish both or neither.",
          .source = "RFC 8461 section 3.3",
          .rows = "1, 4",
          .explanation = "One without the other has no effect on new senders.",
          .judge = judge_both_published},
    Check{.number = 69,
          .title = "What this machine can test",
          .severity = Severity::note,
          .how = "clock against the servers' Date, DNSSEC, IPv6, port 25",
          .cause = "The network here is limited.",
          .fix = "Results marked not testable name the missing condition; run the check from a mail server.",
          .source = "-",
          .rows = "-",
          .explanation =
              "A diagnosis from a network where port 25 is closed says nothing about the mail hosts.",
          .judge = judge_conditions},
    Check{.number = 70,
          .title = "The local configuration is what is served",
          .fault = "The local configuration is not what is served",
          .severity = Severity::warning,
          .how = "--local: what nginx and Apache have loaded, against the wire",
          .cause = "Split DNS, another virtual host, or no reload.",
          .fix = "Make the served host the configured one, and reload.",
          .source = "-",
          .rows = "1, 5",
          .explanation = "What is configured and what is served differ when another server block wins, or "
                         "the change was not loaded.",
          .judge = judge_local},
    Check{.number = 71,
          .title = "What a sender does now",
          .severity = Severity::note,
          .how = "policy, MX match and certificates together, for each address",
          .cause = "See the errors above.",
          .fix = "Follow the first error.",
          .source = "RFC 8461 section 5",
          .rows = "7, 3",
          .explanation = "What a sender that keeps to RFC 8461 and has nothing cached does at each address.",
          .judge = judge_forecast},
    Check{.number = 72,
          .title = "What reports say, beside what is seen now",
          .severity = Severity::note,
          .how = "--reports: failure types and hosts of TLS-RPT reports",
          .cause = "A node that fails at times, or a fault that has been fixed since.",
          .fix = "Test the named host again; look at its log at the report's time.",
          .source = "RFC 8460 section 4",
          .rows = "7",
          .explanation = "A failure that reports name and this diagnosis does not see is intermittent, or "
                         "seen from elsewhere only.",
          .judge = judge_reports},
    Check{.number = 73,
          .title = "The mail server here can do DANE",
          .fault = "The mail server here cannot do DANE",
          .severity = Severity::warning,
          .how = "--local: Exim's configuration, \"options trust-ad\" in /etc/resolv.conf",
          .cause = "The C library (glibc since 2.31) hides from programs which DNS answers were validated.",
          .fix =
              "Add the line \"options trust-ad\" to /etc/resolv.conf where its name server validates and the "
              "way to it is safe.",
          .source = "RFC 7672 section 2.1, resolv.conf(5)",
          .rows = "-",
          .explanation =
              "Exim does DANE where the name server says that it has validated MX, address and TLSA "
              "records. Without that word it uses TLS without DANE, logs nothing, and a host that "
              "hosts_require_dane names gets no mail. The word is only worth what the way to the name "
              "server is: the best one is a validating resolver on the same machine.",
          .judge = judge_local_dane},
};

}  // namespace

std::span<const Check> lifecycle_checks() {
  return table;
}

}  // namespace mta_sts::check
