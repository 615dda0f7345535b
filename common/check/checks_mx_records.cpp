// C50 to C54: DANE, and the MX records against the policy.
#include <algorithm>
#include <array>
#include <set>

#include "check/case.hpp"
#include "check/certificate.hpp"
#include "check/dane.hpp"
#include "check/groups.hpp"
#include "check/provider_notes.hpp"
#include "delivery/expectation.hpp"
#include "policy/mx_match.hpp"
#include "policy/parse_policy.hpp"

namespace mta_sts::check {
namespace {

// A sender with DANE under no policy refuses such a host: RFC 7672 section 2.2.
bool refuses_certificate(const TlsaFact& tlsa, const CertificateFact& shown) {
  const auto expected = delivery::expect_of_named(Mode::none, {.tlsa = delivery::Tlsa::usable});
  return !delivery::judge_session(expected,
                                  {.starttls = true, .handshake = true, .fits_tlsa = fits_tlsa(tlsa, shown)})
              .gets_mail;
}

struct DaneState {
  bool has_tlsa = false;
  std::vector<CheckFinding> faults;
  std::vector<CheckFinding> untestable;
};

CheckFinding lookup_fault(const Case& c, const std::string& mx) {
  const TlsaFact* tlsa = tlsa_fact(c, mx);
  CheckFinding finding = found_at(
      mx, Severity::error,
      "TLSA at _25._tcp." + mx + ": " +
          (tlsa == nullptr ? "no answer" : std::string(to_string(tlsa->status))),
      "The zone is signed, and its name servers do not answer for TLSA: senders with DANE hold the mail.");
  finding.fix =
      "Make every name server of the zone answer TLSA questions, with \"no such record\" where there is "
      "none.";
  return finding;
}

void look_at_certificates(const Case& c, const TlsaFact& tlsa, DaneState& state) {
  for (const SmtpFact& fact : c.facts.smtp) {
    if (fact.mx != tlsa.mx || !fact.with_sni.certificate ||
        !refuses_certificate(tlsa, *fact.with_sni.certificate)) {
      continue;
    }
    const std::string where = subject_of(fact.mx, fact.address);
    if (has_full_data(tlsa)) {
      state.untestable.push_back({.outcome = Outcome::not_testable,
                                  .subject = where,
                                  .evidence = "TLSA with matching type 0 is not compared"});
    } else {
      // Where the MX records are not signed, only some senders ask for TLSA. RFC 7672 section 2.2.1.
      state.faults.push_back(found_at(where,
                                      c.facts.dns.mx_authenticated ? Severity::error : Severity::warning,
                                      "none of " + tlsa.records.front() + " ... fits"));
    }
  }
}

DaneState look_at_dane(const Case& c) {
  DaneState state;
  for (const std::string& mx : c.mx_names()) {
    switch (dane_of(c, mx).tlsa) {
      case delivery::Tlsa::lookup_failed:
        state.has_tlsa = true;
        state.faults.push_back(lookup_fault(c, mx));
        break;
      case delivery::Tlsa::usable:
        state.has_tlsa = true;
        look_at_certificates(c, *tlsa_fact(c, mx), state);
        break;
      case delivery::Tlsa::unusable:
      case delivery::Tlsa::none:
        break;
    }
  }
  return state;
}

std::vector<CheckFinding> judge_dane(const Case& c) {
  if (!c.facts.conditions.resolver_validates) {
    return not_testable("the resolver asked does not validate DNSSEC");
  }
  DaneState state = look_at_dane(c);
  if (!state.has_tlsa) {
    return not_applicable("no TLSA");
  }
  std::ranges::move(state.untestable, std::back_inserter(state.faults));
  return all_or_ok(std::move(state.faults), "TLSA fits");
}

std::vector<CheckFinding> judge_dane_beside_sts(const Case& c) {
  if (!c.facts.conditions.resolver_validates) {
    return not_testable("the resolver asked does not validate DNSSEC");
  }
  const DaneState state = look_at_dane(c);
  if (!state.has_tlsa || c.policy() == nullptr) {
    return not_applicable("not both are published");
  }
  std::vector<CheckFinding> findings;
  for (const CheckFinding& fault : state.faults) {
    findings.push_back(found_at(fault.subject, Severity::warning, "DANE fails while MTA-STS may pass"));
  }
  return all_or_ok(std::move(findings));
}

bool is_address(std::string_view name) {
  return name.find(':') != std::string_view::npos ||
         std::ranges::all_of(name, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

std::vector<CheckFinding> judge_mx_in_policy(const Case& c) {
  if (c.policy() == nullptr) {
    return skipped(c.why_no_policy());
  }
  if (c.policy()->mode == Mode::none) {
    return not_applicable("mode none");
  }
  if (lookup_failed(c.facts.dns.mx_status)) {
    return skipped(54);
  }
  std::vector<CheckFinding> findings;
  for (const std::string& name : c.mx_names()) {
    if (!name.empty() && !matches_mx(c.policy()->mx, name)) {
      CheckFinding finding = found(c.policy()->mode == Mode::enforce ? Severity::error : Severity::warning,
                                   name + " is in no mx line");
      // An address or a name that no policy may hold is C54's to mend.
      if (is_mx_pattern(name, Reading::strict) && !is_address(name)) {
        finding.line = "mx: " + name;
        finding.fix = "Add this line to the policy, and change the id.";
      } else {
        finding.fix = "Give the MX record a host name that a policy may name.";
      }
      findings.push_back(std::move(finding));
    }
  }
  return all_or_ok(std::move(findings), std::to_string(c.mx_names().size()) + " MX host(s)");
}

std::vector<CheckFinding> judge_policy_in_mx(const Case& c) {
  if (c.policy() == nullptr) {
    return skipped(c.why_no_policy());
  }
  if (lookup_failed(c.facts.dns.mx_status)) {
    return skipped(54);
  }
  const auto names = c.mx_names();
  const auto notes = provider_notes(c);
  std::vector<CheckFinding> findings;
  for (const std::string& pattern : c.policy()->mx) {
    if (std::ranges::any_of(names,
                            [&](const std::string& name) { return matches_mx_pattern(pattern, name); })) {
      continue;
    }
    if (std::ranges::find(notes, pattern, &ProviderNote::pattern) != notes.end()) {
      findings.push_back({.outcome = Outcome::skipped, .subject = "mx: " + pattern, .because_of = 74});
    } else {
      findings.push_back(found(Severity::note, "mx: " + pattern));
    }
  }
  return all_or_ok(std::move(findings));
}

std::vector<CheckFinding> judge_mx_set(const Case& c) {
  const DnsFacts& dns = c.facts.dns;
  if (lookup_failed(dns.mx_status)) {
    return {found(Severity::error, "MX: " + std::string(to_string(dns.mx_status)), "The lookup fails.")};
  }
  if (c.is_null_mx()) {
    return {found(Severity::note, "MX 0 .", "The domain says that it takes no mail.")};
  }
  std::vector<CheckFinding> findings;
  if (std::ranges::any_of(dns.mx, [](const MxHostFact& mx) { return mx.name.empty(); })) {
    findings.push_back(
        found(Severity::error, "MX 0 . stands beside other MX records",
              "The null MX says that the domain takes no mail, and must stand alone (RFC 7505 section 3).",
              "Delete the record with the single dot, or all others."));
  }
  if (dns.mx.empty()) {
    findings.push_back(found(Severity::note, "no MX record", "The domain name itself is its mail host.",
                             "Give MX records with hosts that resolve."));
  }
  for (const std::string& name : c.mx_names()) {
    if (is_address(name) && !name.empty()) {
      findings.push_back(found(Severity::error, "MX " + name, "An MX record names a host, never an address.",
                               "Give the address a name, and name that in the MX record."));
      continue;
    }
    const HostFact* host = dns.host(name);
    if (host == nullptr) {
      if (!name.empty()) {
        findings.push_back(
            {.outcome = Outcome::not_testable, .subject = name, .evidence = "its addresses are not known"});
      }
      continue;
    }
    if (!host->cname_chain.empty() && !dns.mx.empty()) {
      findings.push_back(found(Severity::warning, name + " is a CNAME", "An MX record points to an alias."));
    }
    if (host->addresses.empty() && (lookup_failed(host->a_status) || lookup_failed(host->aaaa_status))) {
      findings.push_back(found(Severity::error, name + ": the lookup of its addresses fails",
                               "The zone of the host is broken, or its name servers do not answer.",
                               "Repair the zone of " + name + "."));
    } else if (host->addresses.empty()) {
      findings.push_back(found(Severity::error, name + " has no address"));
    }
    for (const std::string& address : host->not_public) {
      if (!c.facts.conditions.private_allowed) {
        findings.push_back(found_at(subject_of(name, address), Severity::error, "not a public address"));
      }
    }
  }
  return all_or_ok(std::move(findings), std::to_string(dns.mx.size()) + " MX record(s)");
}

constexpr std::array table{
    Check{.number = 50,
          .title = "TLSA records fit the certificate",
          .fault = "TLSA records do not fit, or cannot be looked up",
          .severity = Severity::error,
          .how = "usages 2 and 3 where DNSSEC is valid, against what the host shows",
          .cause = "The key was changed, the TLSA record not.",
          .fix = "Publish the new TLSA record before the new key is used.",
          .source = "RFC 7672 section 2.2",
          .rows = "7",
          .explanation =
              "Senders with DANE refuse a host whose TLSA records do not fit, whatever MTA-STS says.",
          .judge = judge_dane},
    Check{.number = 51,
          .title = "DANE and MTA-STS agree",
          .fault = "DANE fails beside MTA-STS",
          .severity = Severity::warning,
          .how = "both where both are published",
          .cause = "Only MTA-STS is watched.",
          .fix = "Repair DANE: a sender must not let MTA-STS override a failing DANE.",
          .source = "RFC 8461 section 2",
          .rows = "7",
          .explanation = "A failing DANE validation stops delivery even where MTA-STS would pass.",
          .judge = judge_dane_beside_sts},
    Check{.number = 52,
          .title = "Every MX host is in the policy",
          .fault = "An MX host is not in the policy",
          .severity = Severity::error,
          .how = "each MX name against the mx lines",
          .cause = "The MX was changed, the policy not.",
          .fix = "Add the host to the policy, change the id, wait for the old max_age, then change the MX.",
          .source = "RFC 8461 section 4.1",
          .rows = "3",
          .explanation =
              "A host that no mx line names gets no mail under enforce. *. stands for exactly one label.",
          .judge = judge_mx_in_policy},
    Check{.number = 53,
          .title = "Every mx line is used",
          .fault = "An mx line is not used",
          .severity = Severity::note,
          .how = "each mx line against the MX names",
          .cause = "A host left, or a move is planned.",
          .fix = "Remove unused lines after the move.",
          .source = "RFC 8461 section 8.1",
          .rows = "3",
          .explanation = "An unused line is harmless, but allows whoever gets that name to take the mail.",
          .judge = judge_policy_in_mx},
    Check{.number = 54,
          .title = "The MX records make sense",
          .fault = "The MX records are wrong or unusual",
          .severity = Severity::error,
          .how = "null MX, CNAME targets, hosts that do not resolve, private addresses, implicit MX",
          .cause = "The domain is parked, or a host was removed.",
          .fix = "Give MX records with hosts that resolve.",
          .source = "RFC 5321 section 5.1, RFC 7505",
          .rows = "3, 4",
          .explanation = "Without MX records the domain itself is the mail host, for the mx lines and for "
                         "the certificate too.",
          .judge = judge_mx_set},
};

}  // namespace

std::span<const Check> mx_record_checks() {
  return table;
}

}  // namespace mta_sts::check
