// C01 to C13: the `_mta-sts` record.
#include <algorithm>
#include <array>
#include <set>

#include "check/case.hpp"
#include "check/groups.hpp"
#include "check/history.hpp"
#include "check/sts_texts.hpp"
#include "publish/policy_id.hpp"
#include "publish/record_line.hpp"

namespace mta_sts::check {
namespace {

constexpr std::uint32_t ttl_seconds = 300;  // of the records that are proposed
constexpr std::uint32_t ttl_floor_seconds = 60;
constexpr std::uint32_t ttl_ceiling_seconds = 86400;
constexpr std::size_t cname_chain_limit = 8;

std::string owner_of(const Case& c) {
  return "_mta-sts." + c.facts.domain;
}

// The record that fits the policy that is served; none without one, since its id is the policy's.
std::string record_line(const Case& c) {
  return c.policy() == nullptr
             ? ""
             : publish::txt_zone_line(owner_of(c), publish::record_value(publish::policy_id(*c.policy())),
                                      ttl_seconds);
}

// A finding whose fix is that record.
CheckFinding lacks_record(const Case& c, std::string evidence, std::string cause) {
  CheckFinding finding = found(Severity::error, std::move(evidence), std::move(cause));
  finding.line = record_line(c);
  finding.fix = finding.line.empty()
                    ? "Publish the policy, then the record that mta-sts record prints for it."
                    : "Publish the record of the policy that is served.";
  return finding;
}

std::vector<CheckFinding> judge_record_exists(const Case& c) {
  const TxtAnswer& answer = c.facts.dns.sts.answer;
  const std::string status = "TXT " + owner_of(c) + ": " + std::string(to_string(answer.status));
  if (lookup_failed(answer.status)) {
    if (!c.facts.conditions.resolver_answers) {
      return not_testable("the DNS resolver does not answer");
    }
    return {found(Severity::error, status, "The lookup fails: a broken zone, lame servers or bad DNSSEC.",
                  "Repair the zone, then ask again: senders cannot see the record.")};
  }
  if (sts_like(answer).empty()) {
    return {
        lacks_record(c, status, answer.records.empty() ? "" : "There is TXT, but none that begins v=STSv1.")};
  }
  return ok(sts_like(answer).front());
}

std::vector<CheckFinding> judge_one_record(const Case& c) {
  const std::vector<std::string> texts = sts_like(c.facts.dns.sts.answer);
  if (texts.empty()) {
    return skipped(1);
  }
  if (c.record.candidates > 1) {
    std::string evidence = std::to_string(c.record.candidates) + " records:";
    for (const std::string& text : texts) {
      evidence += " \"" + text + "\"";
    }
    return {found(Severity::error, evidence)};
  }
  return ok(std::to_string(c.facts.dns.sts.answer.records.size()) + " TXT at the name, one of them v=STSv1");
}

std::vector<CheckFinding> judge_version(const Case& c) {
  std::vector<CheckFinding> findings;
  const std::vector<std::string> texts = sts_like(c.facts.dns.sts.answer);
  if (texts.empty()) {
    return skipped(1);
  }
  for (const std::string& text : texts) {
    if (text.starts_with("v=STSv1;") || text == "v=STSv1") {
      continue;
    }
    const bool only_blank = text.starts_with("v=STSv1 ") || text.starts_with("v=STSv1\t");
    findings.push_back(found(
        only_blank ? Severity::warning : Severity::error, text,
        only_blank
            ? "White space before the first ';': many senders drop the record (erratum 6285)."
            : "The value does not begin with exactly v=STSv1; (case counts, no quotes, no leading space)."));
    findings.back().line = record_line(c);
  }
  return all_or_ok(std::move(findings), texts.front());
}

std::vector<CheckFinding> judge_id(const Case& c) {
  const std::vector<std::string> texts = sts_like(c.facts.dns.sts.answer);
  if (texts.empty()) {
    return skipped(1);
  }
  if (c.record.outcome == TxtOutcome::ok) {
    return ok("id=" + c.record.id);
  }
  if (c.record.outcome != TxtOutcome::error) {
    return skipped(c.record.candidates > 1 ? 2 : 3);
  }
  if (c.record.error != TxtErrorCode::bad_id && c.record.error != TxtErrorCode::missing_id) {
    return skipped(5);
  }
  CheckFinding finding = found(Severity::error, texts.front(), c.record.detail);
  finding.line = record_line(c);
  return {finding};
}

std::vector<CheckFinding> judge_record_syntax(const Case& c) {
  const std::vector<std::string> texts = sts_like(c.facts.dns.sts.answer);
  if (texts.empty()) {
    return skipped(1);
  }
  if (c.record.outcome == TxtOutcome::error && c.record.error == TxtErrorCode::bad_syntax) {
    CheckFinding finding = found(Severity::error, texts.front(), c.record.detail);
    finding.line = record_line(c);
    return {finding};
  }
  for (const std::string& text : texts) {
    if (text.find('\\') != std::string::npos) {
      return {found(Severity::warning, text)};
    }
  }
  return ok();
}

std::vector<CheckFinding> judge_cname_chain(const Case& c) {
  const TxtFact& sts = c.facts.dns.sts;
  // A resolver may say SERVFAIL where it met a loop; the authoritative servers' own records show it.
  const bool loops = sts.answer.status == DnsStatus::cname_loop ||
                     std::ranges::any_of(c.facts.dns.authorities, [](const AuthorityFact& authority) {
                       return authority.answer.status == DnsStatus::cname_loop;
                     });
  if (loops) {
    return {found(Severity::error, owner_of(c) + ": the CNAMEs run in a circle", "A CNAME loop.")};
  }
  if (sts.cname_chain.empty()) {
    return not_applicable("no CNAME");
  }
  if (is_of_wildcard(c, sts)) {
    return skipped(7);
  }
  std::string chain = owner_of(c);
  for (const std::string& hop : sts.cname_chain) {
    chain += " -> " + hop;
  }
  if (sts_like(sts.answer).empty()) {
    return {found(Severity::error, chain, "The chain ends where no v=STSv1 record stands.")};
  }
  if (sts.cname_chain.size() > cname_chain_limit) {
    return {found(Severity::warning, chain, "Some resolvers give up after eight hops.")};
  }
  return ok(chain);
}

std::vector<CheckFinding> judge_wildcard(const Case& c) {
  const auto& sibling = c.facts.dns.sibling;
  if (!sibling) {
    return not_testable("no neighbouring name was asked");
  }
  if (lookup_failed(sibling->answer.status)) {
    return not_testable("the lookup of " + sibling->name +
                        " fails: " + std::string(to_string(sibling->answer.status)));
  }
  if (sibling->answer.records.empty() && sibling->cname_chain.empty()) {
    return ok(sibling->name + " has no TXT");
  }
  if (!sibling->cname_chain.empty()) {
    return {found(Severity::warning, sibling->name + " is a CNAME to " + sibling->cname_chain.front(),
                  "A wildcard CNAME stands in the zone.",
                  "Add an explicit _mta-sts record, or remove the wildcard CNAME.")};
  }
  const std::string text = texts_of(sibling->answer).front();
  return {found(Severity::warning, sibling->name + " answers \"" + text + "\"")};
}

std::vector<CheckFinding> judge_authorities(const Case& c) {
  const auto& authorities = c.facts.dns.authorities;
  if (authorities.empty()) {
    return not_testable("no authoritative server could be asked from here");
  }
  std::vector<CheckFinding> findings;
  std::set<std::vector<std::string>> contents;
  std::set<std::uint32_t> serials;
  std::string evidence;
  for (const AuthorityFact& authority : authorities) {
    const std::string name = authority.server + " [" + authority.address + "]";
    if (lookup_failed(authority.answer.status)) {
      findings.push_back(found(Severity::warning,
                               name + ": " + std::string(to_string(authority.answer.status)),
                               "A listed name server does not answer for the zone."));
      continue;
    }
    std::vector<std::string> texts = texts_of(authority.answer);
    std::ranges::sort(texts);
    contents.insert(texts);
    evidence += (evidence.empty() ? "" : "; ") + name + ": " + (texts.empty() ? "no TXT" : texts.front());
    if (authority.serial) {
      serials.insert(*authority.serial);
      evidence += " (serial " + std::to_string(*authority.serial) + ")";
    }
  }
  if (contents.size() > 1) {
    findings.push_back(found(Severity::error, evidence));
  } else if (serials.size() > 1) {
    findings.push_back(found(Severity::warning, evidence, "The zone's serials differ."));
  }
  return all_or_ok(std::move(findings), evidence);
}

std::vector<CheckFinding> judge_ttl(const Case& c) {
  if (c.facts.dns.sts.answer.records.empty()) {
    return skipped(1);
  }
  // The authoritative answer has the whole TTL; a resolver's has what is left of it.
  const auto& authorities = c.facts.dns.authorities;
  const auto answered = std::ranges::find_if(
      authorities, [](const AuthorityFact& authority) { return !authority.answer.records.empty(); });
  const bool whole = answered != authorities.end();
  const std::uint32_t ttl = whole ? answered->ttl_seconds : c.facts.dns.sts.ttl_seconds;
  const std::string evidence = "TTL " + std::to_string(ttl) + " s" + (whole ? "" : " left in the resolver");
  if (ttl > ttl_ceiling_seconds) {
    return {found(Severity::warning, evidence,
                  "A new id is seen only after the old record ran out of the caches.")};
  }
  if (!whole) {
    return not_testable(evidence + "; no authoritative server could be asked from here");
  }
  if (ttl < ttl_floor_seconds) {
    return {found(Severity::warning, evidence, "Every delivery asks your name servers again.")};
  }
  return ok(evidence);
}

std::vector<CheckFinding> judge_dnssec(const Case& c) {
  const auto& dns = c.facts.dns;
  if (dns.sts.name.empty()) {
    return not_testable("the record was not asked for");
  }
  if (dns.sts.answer.status == DnsStatus::serv_fail && dns.sts_without_dnssec &&
      !lookup_failed(*dns.sts_without_dnssec)) {
    return {found(Severity::error, "SERVFAIL, but an answer with checking disabled")};
  }
  if (lookup_failed(dns.sts.answer.status)) {
    return skipped(1);
  }
  if (!c.facts.conditions.resolver_validates) {
    return not_testable("the resolver asked does not validate DNSSEC");
  }
  return ok(dns.sts.authenticated ? "signed and valid" : "not signed");
}

std::vector<CheckFinding> judge_misplaced(const Case& c) {
  if (c.facts.dns.misplaced.empty()) {
    return not_testable("no other name was asked");
  }
  std::vector<CheckFinding> findings;
  for (const TxtFact& fact : c.facts.dns.misplaced) {
    const auto texts = sts_like(fact.answer);
    if (lookup_failed(fact.answer.status)) {
      findings.push_back(failed_lookup(fact));
    } else if (!texts.empty() && !is_of_wildcard(c, fact)) {
      findings.push_back(found(Severity::note, fact.name + ": \"" + texts.front() + "\""));
    }
  }
  return all_or_ok(std::move(findings));
}

std::vector<CheckFinding> judge_id_follows_body(const Case& c) {
  if (c.facts.expected_id && c.record.outcome == TxtOutcome::ok && *c.facts.expected_id != c.record.id) {
    return {found(Severity::error, "id=" + c.record.id + ", expected " + *c.facts.expected_id)};
  }
  if (c.facts.history.size() < 2) {
    return c.facts.expected_id && c.record.outcome == TxtOutcome::ok
               ? ok("the id is the expected one")
               : not_testable("no earlier diagnosis is known (--history FILE keeps them)");
  }
  std::vector<CheckFinding> findings;
  const HistoryEntry& last = c.facts.history.back();
  for (auto entry = c.facts.history.begin(); entry + 1 != c.facts.history.end(); ++entry) {
    const bool comparable =
        !entry->id.empty() && !entry->body_sha256.empty() && !last.id.empty() && !last.body_sha256.empty();
    if (comparable && entry->id == last.id && !has_same_policy(*entry, last)) {
      findings.push_back(found(Severity::error, "id=" + last.id + " stood with another policy before"));
      if (c.policy() != nullptr && publish::policy_id(*c.policy()) != last.id) {
        findings.back().line = record_line(c);
      }
      break;
    }
  }
  return all_or_ok(std::move(findings));
}

std::vector<CheckFinding> judge_subdomains(const Case& c) {
  std::vector<CheckFinding> findings;
  for (const TxtFact& fact : c.facts.dns.subdomains) {
    if (lookup_failed(fact.answer.status)) {
      findings.push_back(failed_lookup(fact));
    } else if (sts_like(fact.answer).empty()) {
      findings.push_back(found(Severity::note, fact.name + ": no record, though the subdomain takes mail"));
    }
  }
  const std::string wildcard = "*." + c.facts.domain;
  if (!c.facts.dns.has_wildcard_mx) {
    findings.push_back({.outcome = Outcome::not_testable,
                        .subject = wildcard,
                        .evidence = "whether it has an MX is not known: the lookup fails"});
  } else if (*c.facts.dns.has_wildcard_mx) {
    findings.push_back(found(Severity::note, wildcard + " has an MX: every subdomain takes mail"));
  }
  if (findings.empty() && c.facts.dns.subdomains.empty()) {
    return not_applicable("no subdomain that takes mail is known (--subdomain NAME)");
  }
  return all_or_ok(std::move(findings));
}

constexpr std::array table{
    Check{.number = 1,
          .title = "The _mta-sts record exists",
          .fault = "The _mta-sts record cannot be found",
          .severity = Severity::error,
          .how = "TXT lookup; NXDOMAIN, NODATA, SERVFAIL and timeout are told apart",
          .cause = "The record was never published, has a typo in its name, or is not there yet.",
          .fix = "Publish _mta-sts.DOMAIN TXT \"v=STSv1; id=...;\"",
          .source = "RFC 8461 section 3.1",
          .rows = "4",
          .explanation = "A sender looks for MTA-STS with one TXT lookup at _mta-sts.DOMAIN. Without the "
                         "record the policy file is never "
                         "asked for, however good it is. A lookup that fails (SERVFAIL, timeout) is not an "
                         "absent record: careful senders "
                         "defer the mail, others send it unprotected.",
          .judge = judge_record_exists},
    Check{.number = 2,
          .title = "Exactly one v=STSv1 record",
          .fault = "More than one v=STSv1 record",
          .severity = Severity::error,
          .how = "the records' strings are joined, those that begin v=STSv1; are counted",
          .cause = "An old record was left beside the new one, or two providers publish.",
          .fix = "Delete all but one v=STSv1 record: with two, senders act as if there were none.",
          .source = "RFC 8461 section 3.1",
          .rows = "4",
          .explanation = "Other TXT records at the name are ignored, but if not exactly one record begins "
                         "with v=STSv1; the domain counts "
                         "as one without MTA-STS.",
          .judge = judge_one_record},
    Check{.number = 3,
          .title = "The record begins with v=STSv1;",
          .fault = "The record does not begin with v=STSv1;",
          .severity = Severity::error,
          .how = "bytes are compared; case, quotes and white space count",
          .cause = "The value was typed in another case, copied with its quotes, or an editor added a space.",
          .fix = "Write the value as v=STSv1; id=... without any quotes inside.",
          .source = "RFC 8461 section 3.1, erratum 6285",
          .rows = "4",
          .explanation = "The first eight bytes are compared as they are. A space before the first "
                         "semicolon fits the grammar but not the rule "
                         "by which records are chosen, so senders disagree about it.",
          .judge = judge_version},
    Check{.number = 4,
          .title = "The id is 1 to 32 letters and digits",
          .fault = "The id is not 1 to 32 letters and digits",
          .severity = Severity::error,
          .how = "the record is parsed as a sender does",
          .cause = "The id has a hyphen, colon or dot (an ISO date), or is empty.",
          .fix = "Use letters and digits only, for example a date like 20260302120000.",
          .source = "RFC 8461 section 3.1",
          .rows = "4, 5",
          .explanation = "The id only needs to change when the policy changes; senders compare it for "
                         "equality. A record whose id breaks the "
                         "grammar counts as no record.",
          .judge = judge_id},
    Check{.number = 5,
          .title = "The rest of the record parses",
          .fault = "A mistake in the rest of the record",
          .severity = Severity::error,
          .how = "the record is parsed by the grammar; backslashes are looked for",
          .cause = "A zone file's escaping shows as \\; in the value, or text was added.",
          .fix = "Remove backslashes and stray text from the TXT value.",
          .source = "RFC 8461 section 3.1",
          .rows = "4",
          .explanation = "Unknown fields are ignored if they are well formed; a field that is not name=value "
                         "makes the whole record unusable.",
          .judge = judge_record_syntax},
    Check{.number = 6,
          .title = "CNAMEs lead to the record",
          .fault = "The CNAMEs to the record are broken or too many",
          .severity = Severity::error,
          .how = "each hop is followed and shown",
          .cause = "The name was delegated to a provider that is gone.",
          .fix = "Point the CNAME at the provider's live _mta-sts name, or publish the TXT yourself.",
          .source = "RFC 8461 section 8.2",
          .rows = "4",
          .explanation = "Delegation by CNAME is allowed and usual at hosting providers. A loop or a target "
                         "without the record means no MTA-STS.",
          .judge = judge_cname_chain},
    Check{.number = 7,
          .title = "No wildcard TXT answers for the name",
          .fault = "A wildcard answers for the name",
          .severity = Severity::warning,
          .how = "a random name beside _mta-sts is asked",
          .cause = "A wildcard TXT (SPF, a verification text) stands in the zone.",
          .fix = "Add an explicit _mta-sts record, or remove the wildcard TXT.",
          .source = "RFC 8461 section 3.1",
          .rows = "4",
          .explanation = "With a wildcard the record seems to exist everywhere, and the day the explicit one "
                         "is deleted senders read the wildcard's "
                         "text in its place.",
          .judge = judge_wildcard},
    Check{.number = 8,
          .title = "All name servers give the same record",
          .fault = "The name servers differ, or one does not answer",
          .severity = Severity::error,
          .how = "each authoritative server is asked, IPv4 and IPv6, without recursion",
          .cause = "A secondary was not updated, or a server is lame.",
          .fix = "Repair the zone transfer; senders see old and new id in turn.",
          .source = "RFC 8461 section 8.1",
          .rows = "4, 5",
          .explanation = "Each resolver picks one of the servers. If they disagree, a sender sees the id go "
                         "back and forth and fetches the policy "
                         "again and again, or sees no record at all.",
          .judge = judge_authorities},
    Check{.number = 9,
          .title = "The record's TTL is sensible",
          .fault = "The record's TTL is too long or too short",
          .severity = Severity::warning,
          .how = "read from an authoritative answer",
          .cause = "The provider's default was kept.",
          .fix = "Keep the TTL at 300 to 3600 seconds so that a new id is seen soon.",
          .source = "RFC 8461 section 8.1",
          .rows = "5",
          .explanation =
              "A sender sees a new id at the earliest when the old record ran out of its resolver's cache.",
          .judge = judge_ttl},
    Check{.number = 10,
          .title = "DNSSEC of the record is not bogus",
          .fault = "DNSSEC of the record is bogus",
          .severity = Severity::error,
          .how = "SERVFAIL is asked again with checking disabled",
          .cause = "Signatures ran out, or the DS record does not fit the keys.",
          .fix = "Re-sign the zone; validating senders see no record at all.",
          .source = "RFC 8461 section 10.2",
          .rows = "4",
          .explanation = "MTA-STS does not need DNSSEC. But where a zone is signed, wrong signatures hide "
                         "the record from every validating resolver.",
          .judge = judge_dnssec},
    Check{
        .number = 11,
        .title = "No record in a wrong place",
        .fault = "A record is in a wrong place",
        .severity = Severity::note,
        .how = "the usual wrong names are asked",
        .cause = "The DNS panel doubled the suffix, or the underscore was mistyped.",
        .fix = "Move the record to _mta-sts.DOMAIN.",
        .source = "RFC 8461 section 3.1",
        .rows = "4",
        .explanation =
            "Asked are _mta_sts, mta-sts, the domain itself, _mta-sts.DOMAIN.DOMAIN and _mta-sts.www.DOMAIN.",
        .judge = judge_misplaced},
    Check{.number = 12,
          .title = "A changed policy has a changed id",
          .fault = "The id is an old one, or not the expected one",
          .severity = Severity::error,
          .how = "id and body are compared with earlier diagnoses (--history) or with --expect-id",
          .cause = "The file was edited and DNS forgotten, or an old id came back.",
          .fix = "Change the id now: senders keep the old policy until its max_age runs out.",
          .source = "RFC 8461 sections 3.1 and 8.1",
          .rows = "5",
          .explanation = "The id is how a sender learns that there is something new to fetch. The same id "
                         "with another body leaves every sender "
                         "that has the old one with it.",
          .judge = judge_id_follows_body},
    Check{.number = 13,
          .title = "Subdomains that take mail have their own record",
          .fault = "Subdomains take mail without a record of their own",
          .severity = Severity::note,
          .how = "_mta-sts of each --subdomain and a wildcard MX are looked up",
          .cause = "The policy was thought to cover subdomains.",
          .fix = "Publish record and policy host for each mail domain: policies are not inherited.",
          .source = "RFC 8461 section 3.4",
          .rows = "4",
          .explanation = "A policy covers exactly one domain name. Mail to user@sub.example.com looks at "
                         "_mta-sts.sub.example.com alone.",
          .judge = judge_subdomains},
};

}  // namespace

std::span<const Check> dns_checks() {
  return table;
}

}  // namespace mta_sts::check
