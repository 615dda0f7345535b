// C55 to C64: TLS-RPT.
#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "check/case.hpp"
#include "check/certificate.hpp"
#include "check/groups.hpp"
#include "publish/record_line.hpp"

namespace mta_sts::check {
namespace {

constexpr unsigned ttl_seconds = 300;  // of the records that are proposed

std::string owner_of(const Case& c) {
  return "_smtp._tls." + c.facts.domain;
}

bool is_mailto(const RuaFact& rua) {
  return ascii::starts_with_ignoring_case(rua.uri, "mailto:");
}

std::string zone_line(const Case& c, const std::vector<std::string>& rua) {
  return publish::txt_zone_line(owner_of(c), publish::tlsrpt_record_value(rua), ttl_seconds);
}

// A record to begin with, where there is none.
CheckFinding lacks_record(const Case& c, std::string evidence, std::string cause) {
  CheckFinding finding = found(Severity::warning, std::move(evidence), std::move(cause),
                               "Publish a record with a mailbox that exists.");
  finding.line = zone_line(c, {"mailto:tls-reports@" + c.facts.domain});
  return finding;
}

// The same record with the addresses that it names, as they have to be written; empty where that is not
// clear.
std::string mended_line(const Case& c, std::string_view text) {
  const auto at = ascii::to_lower(text).find("rua=");
  if (at == std::string::npos) {
    return {};
  }
  std::vector<std::string> rua;
  std::string_view rest = text.substr(at + 4);
  rest = rest.substr(0, rest.find(';'));
  while (!rest.empty()) {
    const auto end = std::min(rest.find(','), rest.size());
    const std::string one(ascii::trim_blanks(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const bool has_scheme = one.find(':') != std::string::npos;
    rua.push_back(has_scheme ? one : "mailto:" + one);
  }
  const std::string value = publish::tlsrpt_record_value(rua);
  const TxtAnswer answer{.status = DnsStatus::no_error, .records = {{value}}};
  return parse_tlsrpt_answer(answer).outcome == TxtOutcome::ok ? zone_line(c, rua) : "";
}

// A record that senders of reports do not take, with what it means to say.
CheckFinding broken_record(const Case& c, const std::string& text, std::string cause) {
  CheckFinding finding =
      found(Severity::error, text, std::move(cause), "Write the record as RFC 8460 section 3 has it.");
  finding.line = mended_line(c, text);
  return finding;
}

std::vector<std::string> tlsrpt_like(const TxtAnswer& answer) {
  std::vector<std::string> texts;
  for (const auto& record : answer.records) {
    const std::string text = join_strings(record);
    if (ascii::to_lower(text.substr(0, 16)).find("v=tlsrpt") != std::string::npos) {
      texts.push_back(text);
    }
  }
  return texts;
}

bool is_usable(const Case& c) {
  return c.tlsrpt.outcome == TxtOutcome::ok;
}

std::vector<CheckFinding> judge_tlsrpt_record(const Case& c) {
  const TxtAnswer& answer = c.facts.dns.tlsrpt.answer;
  switch (c.tlsrpt.outcome) {
    case TxtOutcome::ok:
      return ok(tlsrpt_like(answer).empty() ? "" : tlsrpt_like(answer).front());
    case TxtOutcome::temp:
      return c.facts.conditions.resolver_answers
                 ? std::vector{found(Severity::error, std::string(to_string(answer.status)),
                                     "The lookup fails.", "Repair the zone, then ask again.")}
                 : not_testable("the DNS resolver does not answer");
    case TxtOutcome::error:
      return {
          broken_record(c, tlsrpt_like(answer).empty() ? "" : tlsrpt_like(answer).front(), c.tlsrpt.detail)};
    case TxtOutcome::none:
      break;
  }
  if (c.tlsrpt.candidates > 1) {
    return skipped(56);
  }
  if (tlsrpt_like(answer).empty()) {
    return skipped(63);  // senders of reports discard other texts: no record is C63's finding
  }
  return {
      broken_record(c, tlsrpt_like(answer).front(), "The record does not begin with exactly v=TLSRPTv1;")};
}

std::vector<CheckFinding> judge_tlsrpt_place(const Case& c) {
  std::vector<CheckFinding> findings;
  if (c.tlsrpt.candidates > 1) {
    findings.push_back(found(Severity::error,
                             std::to_string(c.tlsrpt.candidates) + " records at " + owner_of(c),
                             "Two records count as none."));
  }
  if (c.tlsrpt.outcome == TxtOutcome::temp) {
    return skipped(55);
  }
  if (c.facts.dns.tlsrpt.name.empty() || c.facts.dns.tlsrpt_misplaced.empty()) {
    return not_testable("not all names were asked");
  }
  for (const TxtFact& fact : c.facts.dns.tlsrpt_misplaced) {
    if (lookup_failed(fact.answer.status)) {
      findings.push_back(failed_lookup(fact));
    } else if (const auto texts = tlsrpt_like(fact.answer); !texts.empty()) {
      findings.push_back(found(Severity::error, fact.name + ": \"" + texts.front() + "\""));
    }
  }
  return all_or_ok(std::move(findings));
}

std::vector<CheckFinding> judge_mailbox(const Case& c) {
  if (!is_usable(c)) {
    return skipped(55);
  }
  std::vector<CheckFinding> findings;
  std::size_t mailboxes = 0;
  std::size_t asked = 0;
  for (const RuaFact& rua : c.facts.rua) {
    if (!is_mailto(rua)) {
      continue;
    }
    ++mailboxes;
    asked += rua.rcpt_reply ? 1 : 0;
    const HostFact* host = c.facts.dns.host(rua.host);
    const bool has_address = host != nullptr && !host->addresses.empty();
    const bool is_null_mx = rua.mx.size() == 1 && rua.mx.front().name.empty();
    if (lookup_failed(rua.mx_status)) {
      findings.push_back(found(Severity::error, rua.host + ": " + std::string(to_string(rua.mx_status))));
    } else if (is_null_mx || (rua.mx.empty() && !has_address)) {
      findings.push_back(found(Severity::error, rua.host + " takes no mail"));
    } else if (rua.rcpt_reply && rua.rcpt_reply->starts_with('5')) {
      findings.push_back(found(Severity::error, rua.uri + ": " + *rua.rcpt_reply));
    } else if (rua.rcpt_reply && !rua.rcpt_reply->starts_with('2')) {
      findings.push_back({.outcome = Outcome::not_testable,
                          .subject = rua.uri,
                          .evidence = "the mail host says: " + *rua.rcpt_reply});
    }
  }
  return mailboxes == 0 ? not_applicable("no mailto address")
                        : all_or_ok(std::move(findings), asked == mailboxes
                                                             ? "the mail host takes the recipient"
                                                             : "the address's domain takes mail; the mailbox "
                                                               "itself was not asked for (--probe-rcpt)");
}

std::vector<CheckFinding> judge_order(const Case& c) {
  if (!is_usable(c)) {
    return skipped(55);
  }
  if (c.tlsrpt.rua.size() < 2) {
    return ok(c.tlsrpt.rua.front());
  }
  return {found(Severity::note,
                std::to_string(c.tlsrpt.rua.size()) + " addresses, the first is " + c.tlsrpt.rua.front())};
}

std::vector<CheckFinding> judge_endpoint(const Case& c) {
  if (!is_usable(c)) {
    return skipped(55);
  }
  std::vector<CheckFinding> findings;
  std::size_t endpoints = 0;
  for (const RuaFact& rua : c.facts.rua) {
    if (is_mailto(rua)) {
      continue;
    }
    ++endpoints;
    const HostFact* host = c.facts.dns.host(rua.host);
    if (host != nullptr && host->addresses.empty() &&
        (lookup_failed(host->a_status) || lookup_failed(host->aaaa_status))) {
      findings.push_back(found(Severity::warning, rua.host + ": the lookup of its addresses fails"));
    } else if (host == nullptr || host->addresses.empty()) {
      findings.push_back(found(Severity::warning, rua.host + " does not resolve"));
    } else if (!rua.tls || !rua.tls->established) {
      findings.push_back(
          found(Severity::warning, rua.host + ": " + (rua.tls ? rua.tls->error : "not reachable")));
    } else if (rua.post_status && *rua.post_status != 200 && *rua.post_status != 201) {
      findings.push_back(found(Severity::warning, "POST gives " + std::to_string(*rua.post_status)));
    } else if (rua.tls->certificate &&
               !is_acceptable(*rua.tls->certificate, rua.host, c.facts.conditions.now)) {
      findings.push_back(
          found(Severity::note, rua.host + " has no valid certificate", "Senders may ignore that."));
    }
  }
  return endpoints == 0 ? not_applicable("no https address") : all_or_ok(std::move(findings));
}

bool is_below(std::string_view host, std::string_view domain) {
  return host == domain || (host.size() > domain.size() && host.ends_with(domain) &&
                            host[host.size() - domain.size() - 1] == '.');
}

std::vector<CheckFinding> judge_outside(const Case& c) {
  if (!is_usable(c)) {
    return skipped(55);
  }
  if (c.facts.rua.empty()) {
    return not_testable("the report addresses were not looked at");
  }
  std::vector<CheckFinding> findings;
  for (const RuaFact& rua : c.facts.rua) {
    if (!is_below(rua.host, c.facts.domain) && !is_below(c.facts.domain, rua.host)) {
      findings.push_back(found(Severity::note, rua.uri));
    }
  }
  return all_or_ok(std::move(findings));
}

std::vector<CheckFinding> judge_reports_can_come(const Case& c) {
  if (!is_usable(c)) {
    return skipped(55);
  }
  if (c.facts.reports) {
    return ok("reports are there");
  }
  return not_applicable("whether reports came is not known (--reports FILES)");
}

std::vector<CheckFinding> judge_report_mail(const Case& c) {
  if (!is_usable(c)) {
    return skipped(55);
  }
  const bool has_mailbox = std::ranges::any_of(c.facts.rua, is_mailto);
  return has_mailbox ? not_applicable(
                           "reports come as mail with application/tlsrpt+gzip: see that no filter takes them")
                     : not_applicable("no mailto address");
}

std::vector<CheckFinding> judge_tlsrpt_beside_policy(const Case& c) {
  if (c.tlsrpt.outcome == TxtOutcome::temp) {
    return skipped(55);
  }
  if (is_usable(c) || c.tlsrpt.outcome == TxtOutcome::error || c.tlsrpt.candidates > 0) {
    return ok();
  }
  const TxtAnswer& answer = c.facts.dns.tlsrpt.answer;
  if (!tlsrpt_like(answer).empty()) {
    return skipped(55);
  }
  const std::string evidence = owner_of(c) + ": no record";
  return {lacks_record(
      c,
      answer.records.empty() ? evidence
                             : evidence + ", but the text \"" + join_strings(answer.records.front()) + "\"",
      answer.records.empty()
          ? ""
          : "Another text stands there, or a wildcard answers; senders of reports pass over it.")};
}

std::vector<CheckFinding> judge_tlsrpt_of_mx(const Case& c) {
  if (c.facts.dns.tlsa.empty() ||
      std::ranges::all_of(c.facts.dns.tlsa, [](const TlsaFact& t) { return t.records.empty(); })) {
    return not_applicable("no TLSA");
  }
  if (c.facts.dns.tlsrpt_of_mx.empty()) {
    return not_testable("the MX hosts' own names were not asked");
  }
  std::vector<CheckFinding> findings;
  for (const TxtFact& fact : c.facts.dns.tlsrpt_of_mx) {
    if (lookup_failed(fact.answer.status)) {
      findings.push_back(failed_lookup(fact));
    } else if (tlsrpt_like(fact.answer).empty()) {
      findings.push_back(found(Severity::note, fact.name + ": no record"));
    }
  }
  return all_or_ok(std::move(findings));
}

constexpr std::array table{
    Check{.number = 55,
          .title = "The TLS-RPT record is right",
          .fault = "The TLS-RPT record is wrong or cannot be looked up",
          .severity = Severity::error,
          .how = "TXT at _smtp._tls.DOMAIN, parsed as report senders do",
          .cause = "mailto: is missing, or another text stands there.",
          .fix = "Publish v=TLSRPTv1; rua=mailto:tls-reports@DOMAIN",
          .source = "RFC 8460 section 3",
          .rows = "8",
          .explanation = "rua takes mailto: and https: addresses, separated by commas; comma, ! and ; inside "
                         "an address are percent-encoded.",
          .judge = judge_tlsrpt_record},
    Check{.number = 56,
          .title = "One TLS-RPT record, at the right name",
          .fault = "More than one TLS-RPT record, or one at a wrong name",
          .severity = Severity::error,
          .how = "records are counted; names of old drafts are asked",
          .cause = "An old draft's name, or two providers' records.",
          .fix = "Keep one record, at _smtp._tls.DOMAIN.",
          .source = "RFC 8460 section 3",
          .rows = "8",
          .explanation = "Asked are _smtp-tlsrpt, _tlsrpt and _smtp-tls beside the right name.",
          .judge = judge_tlsrpt_place},
    Check{.number = 57,
          .title = "The report mailbox can receive",
          .fault = "The report mailbox cannot receive",
          .severity = Severity::error,
          .how = "MX of the address's domain; with --probe-rcpt RCPT TO and QUIT",
          .cause = "The mailbox is missing, or its domain takes no mail.",
          .fix = "Create the mailbox or alias.",
          .source = "RFC 8460 section 3",
          .rows = "8",
          .explanation =
              "Reports are sent even to a host without TLS, so that a broken TLS setup cannot hide itself.",
          .judge = judge_mailbox},
    Check{.number = 58,
          .title = "The first report address is the one that is read",
          .severity = Severity::note,
          .how = "the addresses in their order",
          .cause = "Several addresses are published.",
          .fix = "Put the address that you read first.",
          .source = "RFC 8460 section 3",
          .rows = "8",
          .explanation = "Some senders use only the first one.",
          .judge = judge_order},
    Check{.number = 59,
          .title = "The report endpoint can be reached",
          .fault = "The report endpoint does not work as it should",
          .severity = Severity::warning,
          .how = "resolve and TLS; with --probe-post an empty POST",
          .cause = "The endpoint is gone.",
          .fix = "Repair the endpoint; it must answer 200 or 201 to POST.",
          .source = "RFC 8460 section 5.4",
          .rows = "8",
          .explanation = "Senders may try again for a day, then the report is lost.",
          .judge = judge_endpoint},
    Check{.number = 60,
          .title = "Report addresses within the domain",
          .fault = "Report addresses are outside the domain",
          .severity = Severity::note,
          .how = "the addresses' domains against DOMAIN",
          .cause = "A service receives the reports.",
          .fix = "Check that the service expects your domain.",
          .source = "RFC 8460 section 7",
          .rows = "8",
          .explanation = "Other than DMARC, TLS-RPT has no record by which the receiver consents.",
          .judge = judge_outside},
    Check{.number = 61,
          .title = "Reports can be expected",
          .severity = Severity::note,
          .how = "the record, and reports given with --reports",
          .cause = "A quiet domain, or the record is younger than two days.",
          .fix = "Wait two days, and send a message from a large provider to the domain.",
          .source = "RFC 8460 section 4.1",
          .rows = "8",
          .explanation = "A report covers one UTC day and is sent in the day after it, only by senders that "
                         "had mail for the domain.",
          .judge = judge_reports_can_come},
    Check{.number = 62,
          .title = "Report mails are not filtered away",
          .severity = Severity::note,
          .how = "a list of what to look at on your own mail server",
          .cause = "Spam or attachment filters do not know the type.",
          .fix = "Allow application/tlsrpt+gzip and +json for the report mailbox.",
          .source = "RFC 8460 sections 3 and 5.3",
          .rows = "8",
          .explanation = "Look at spam filter rules on the media type, attachment filters, greylisting, and "
                         "own rules on DKIM.",
          .judge = judge_report_mail},
    Check{.number = 63,
          .title = "TLS-RPT stands beside the policy",
          .fault = "There is a policy, but no TLS-RPT record",
          .severity = Severity::warning,
          .how = "C55 is absent",
          .cause = "The set-up was done by half.",
          .fix = "Add the TLS-RPT record before going to enforce.",
          .source = "RFC 8461 section 6",
          .rows = "8, 7",
          .explanation = "Without reports nobody tells you which senders fail.",
          .judge = judge_tlsrpt_beside_policy},
    Check{.number = 64,
          .title = "TLS-RPT for the MX hosts' own names",
          .fault = "No TLS-RPT for an MX host's own name",
          .severity = Severity::note,
          .how = "_smtp._tls of each MX where TLSA is published",
          .cause = "DANE is used.",
          .fix = "Optional: add the record where DANE is used.",
          .source = "RFC 8460 section 3",
          .rows = "8",
          .explanation = "Some senders report DANE failures by the host's name.",
          .judge = judge_tlsrpt_of_mx},
};

}  // namespace

std::span<const Check> tlsrpt_checks() {
  return table;
}

}  // namespace mta_sts::check
