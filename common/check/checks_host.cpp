// C14 to C23: the policy host's addresses and TLS.
#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "check/case.hpp"
#include "check/certificate.hpp"
#include "check/groups.hpp"
#include "check/reach.hpp"

namespace mta_sts::check {
namespace {

std::string policy_host(const Case& c) {
  return "mta-sts." + c.facts.domain;
}

std::string subject_of(const HttpsFact& fact) {
  return check::subject_of(fact.host, fact.address);
}

// A host that nothing connects to is C15's finding, one that shakes no hands C23's or C24's.
int why_no_certificate(const Case& c) {
  const bool is_reached = std::ranges::any_of(
      c.facts.https.by_address, [](const HttpsFact& fact) { return fact.reach == Reach::connected; });
  return !is_reached ? 15 : offers_old_tls_alone(c.facts.https) ? 23 : 24;
}

// What asks the policy host again asks the first of its addresses that may be asked, which may be closed.
std::vector<CheckFinding> not_asked_again(const Case& c) {
  const auto& facts = c.facts.https.by_address;
  const auto asked = std::ranges::find_if(
      facts, [](const HttpsFact& fact) { return fact.reach != Reach::forbidden_address; });
  if (asked == facts.end() || asked->reach != Reach::connected) {
    return skipped(facts.empty() ? 14 : 15);
  }
  return c.answer == nullptr ? skipped(why_no_certificate(c))
                             : not_testable("no further connection to the policy host was answered in time");
}

// Runs `judge_one` over the certificate of every address that was reached; skips where no handshake showed
// one.
std::vector<CheckFinding> for_each_certificate(
    const Case& c,
    const std::function<std::vector<CheckFinding>(const CertificateFact&, const std::string&)>& judge_one) {
  std::vector<CheckFinding> findings;
  std::size_t seen = 0;
  for (const HttpsFact& fact : c.facts.https.by_address) {
    if (!fact.tls.certificate) {
      if (fact.reach == Reach::connected) {
        findings.push_back(
            {.outcome = Outcome::skipped, .subject = subject_of(fact), .because_of = why_no_certificate(c)});
      }
      continue;
    }
    ++seen;
    std::ranges::move(judge_one(*fact.tls.certificate, subject_of(fact)), std::back_inserter(findings));
  }
  return seen == 0 ? skipped(why_no_certificate(c))
                   : all_or_ok(std::move(findings), std::to_string(seen) + " address(es)");
}

std::vector<CheckFinding> judge_resolves(const Case& c) {
  const HostFact* host = c.facts.dns.host(policy_host(c));
  if (host == nullptr || !c.facts.conditions.resolver_answers) {
    return not_testable("the DNS resolver does not answer");
  }
  if (!host->addresses.empty()) {
    std::string addresses;
    for (const std::string& address : host->addresses) {
      addresses += (addresses.empty() ? "" : ", ") + address;
    }
    return ok(addresses);
  }
  const std::string evidence =
      "A: " + std::string(to_string(host->a_status)) + ", AAAA: " + std::string(to_string(host->aaaa_status));
  const bool broken = lookup_failed(host->a_status) || lookup_failed(host->aaaa_status);
  return {found(Severity::error, evidence, broken ? "The lookup fails." : "",
                broken ? "Repair the zone, then ask again."
                       : "Add A and AAAA (or a CNAME) for " + policy_host(c) + ".")};
}

std::vector<CheckFinding> judge_reachable(const Case& c) {
  const auto& facts = c.facts.https.by_address;
  if (facts.empty()) {
    return skipped(14);
  }
  const bool any_connected =
      std::ranges::any_of(facts, [](const auto& f) { return f.reach == Reach::connected; });
  std::vector<CheckFinding> findings;
  for (const HttpsFact& fact : facts) {
    const bool is_v6 = fact.address.find(':') != std::string::npos;
    const bool lacks_family = is_v6 ? !c.facts.conditions.has_ipv6 : !c.facts.conditions.has_ipv4;
    if (fact.reach == Reach::connected) {
      continue;
    }
    if (fact.reach == Reach::forbidden_address) {
      findings.push_back({.outcome = Outcome::skipped, .subject = subject_of(fact), .because_of = 16});
    } else if (lacks_family) {
      findings.push_back({.outcome = Outcome::not_testable,
                          .subject = subject_of(fact),
                          .evidence = is_v6 ? "no IPv6 from here" : "no IPv4 from here"});
    } else {
      findings.push_back(found_at(subject_of(fact), any_connected ? Severity::warning : Severity::error,
                                  std::string(words_of(fact.reach))));
    }
  }
  return all_or_ok(std::move(findings), std::to_string(facts.size()) + " address(es)");
}

std::vector<CheckFinding> judge_public(const Case& c) {
  const HostFact* host = c.facts.dns.host(policy_host(c));
  if (host == nullptr || host->addresses.empty()) {
    return skipped(14);
  }
  if (c.facts.conditions.private_allowed) {
    return not_applicable("private addresses are allowed here");
  }
  std::vector<CheckFinding> findings;
  for (const std::string& address : host->not_public) {
    findings.push_back(found(Severity::error, address));
  }
  return all_or_ok(std::move(findings));
}

std::vector<CheckFinding> judge_same_everywhere(const Case& c) {
  std::set<std::string> answers;
  std::set<std::string> certificates;
  std::string evidence;
  int because_of = 0;
  for (const HttpsFact& fact : c.facts.https.by_address) {
    if (fact.status == 0) {
      because_of = fact.reach == Reach::connected ? why_no_certificate(c) : 15;
      continue;
    }
    const auto types = header_values(fact, "Content-Type");
    const std::string type = types.empty() ? "no type" : types.front();
    answers.insert(std::to_string(fact.status) + '\n' + type + '\n' + fact.body);
    certificates.insert(fact.tls.certificate ? fact.tls.certificate->sha256 : "");
    evidence += (evidence.empty() ? "" : "; ") + fact.address + ": " + std::to_string(fact.status) + ", " +
                type + ", " + std::to_string(fact.body.size()) + " bytes";
  }
  if (evidence.empty()) {
    return skipped(because_of == 0 ? 14 : because_of);
  }
  if (answers.size() > 1) {
    return {found(Severity::warning, evidence)};
  }
  if (certificates.size() > 1) {
    return {found(Severity::note, "the addresses show different certificates",
                  "One server was not reloaded after a renewal, or each has its own.")};
  }
  return because_of == 0 ? ok(evidence) : skipped(because_of);
}

std::vector<CheckFinding> judge_host_name(const Case& c) {
  return for_each_certificate(c, [&](const CertificateFact& certificate, const std::string& subject) {
    return judge_name(certificate, policy_host(c), subject, Severity::error);
  });
}

std::vector<CheckFinding> judge_host_trust(const Case& c) {
  return for_each_certificate(c, [](const CertificateFact& certificate, const std::string& subject) {
    return judge_trust(certificate, subject, Severity::error);
  });
}

std::vector<CheckFinding> judge_host_validity(const Case& c) {
  return for_each_certificate(c, [&](const CertificateFact& certificate, const std::string& subject) {
    return judge_validity(certificate, c.facts.conditions.now, subject, Severity::error);
  });
}

std::vector<CheckFinding> judge_host_remaining(const Case& c) {
  return for_each_certificate(c, [&](const CertificateFact& certificate, const std::string& subject) {
    return judge_remaining(certificate, c.facts.conditions.now, subject);
  });
}

std::vector<CheckFinding> judge_without_sni(const Case& c) {
  const auto& bare = c.facts.https.without_sni;
  if (!bare) {
    return not_asked_again(c);
  }
  if (!bare->established || !bare->certificate) {
    return ok("without SNI the handshake fails: " + bare->error);
  }
  if (!is_acceptable(*bare->certificate, policy_host(c), c.facts.conditions.now)) {
    return ok("without SNI another certificate is shown, as RFC 8461 allows");
  }
  return ok("the same without SNI");
}

std::vector<CheckFinding> judge_versions(const Case& c) {
  const auto& versions = c.facts.https.tls_versions;
  if (versions.empty()) {
    return not_asked_again(c);
  }
  std::string evidence;
  for (const auto& [version, offered] : versions) {
    evidence += (evidence.empty() ? "" : ", ") + version + (offered ? " yes" : " no");
  }
  const bool answers_tls = std::ranges::any_of(versions, [](const auto& entry) { return entry.second; });
  if (!answers_tls) {
    // Another address may have spoken TLS: then the one asked for its versions is dead.
    return skipped(c.answer != nullptr ? 15 : why_no_certificate(c));
  }
  if (lacks(versions, "TLSv1.2") && lacks(versions, "TLSv1.3")) {
    return {found(Severity::error, evidence, "Neither TLS 1.2 nor 1.3 is offered: no sender may use less.")};
  }
  if (lacks(versions, "TLSv1.2") && offers(versions, "TLSv1.3")) {
    return {found(Severity::warning, evidence, "Only TLS 1.3 is offered: some senders speak 1.2 alone.")};
  }
  if (offers(versions, "TLSv1.1") || offers(versions, "TLSv1")) {
    return {found(Severity::note, evidence, "Versions that RFC 8996 has retired are still offered.")};
  }
  for (const std::string version : {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}) {
    if (!offers(versions, version) && !lacks(versions, version)) {
      return not_testable("whether " + version + " is offered was not measured; " + evidence);
    }
  }
  return ok(evidence);
}

constexpr std::array table{
    Check{.number = 14,
          .title = "The policy host resolves",
          .fault = "The policy host does not resolve",
          .severity = Severity::error,
          .how = "A and AAAA of mta-sts.DOMAIN, CNAMEs followed",
          .cause = "The host record was forgotten.",
          .fix = "Add A and AAAA (or a CNAME) for mta-sts.DOMAIN.",
          .source = "RFC 8461 section 3.3",
          .rows = "1, 4",
          .explanation = "The policy is fetched from this one host name and no other; www.DOMAIN or DOMAIN "
                         "itself do not count.",
          .judge = judge_resolves},
    Check{.number = 15,
          .title = "Every address accepts connections on port 443",
          .fault = "An address does not accept connections on port 443",
          .severity = Severity::error,
          .how = "a TCP connection to each A and AAAA",
          .cause = "An AAAA points to a host without listener, or a firewall is closed.",
          .fix = "Open 443 on that address or remove its record; some senders try IPv6 only.",
          .source = "RFC 8461 section 3.3",
          .rows = "1",
          .explanation = "Senders choose an address by their own rules. One dead address of two makes the "
                         "policy appear and disappear.",
          .judge = judge_reachable},
    Check{.number = 16,
          .title = "The addresses are public",
          .fault = "An address is not public",
          .severity = Severity::error,
          .how = "private, loopback, link-local and documentation ranges are named",
          .cause = "DNS gave the inside view of the network.",
          .fix = "Publish public addresses in the outside view.",
          .source = "RFC 8461 section 3.3",
          .rows = "1",
          .explanation =
              "Senders refuse to fetch from private addresses, or reach some machine of their own there.",
          .judge = judge_public},
    Check{.number = 17,
          .title = "All addresses answer the same",
          .fault = "The addresses do not answer the same",
          .severity = Severity::warning,
          .how = "status, type, body and certificate of every address are compared",
          .cause = "One backend, region or CDN edge was not updated.",
          .fix = "Deploy the same file to every server.",
          .source = "RFC 8461 sections 3.3 and 8.1",
          .rows = "5, 1",
          .explanation = "Which policy a sender gets must not depend on the address it happens to ask.",
          .judge = judge_same_everywhere},
    Check{.number = 18,
          .title = "The certificate names the policy host",
          .fault = "The certificate does not name the policy host",
          .severity = Severity::error,
          .how = "SAN dNSName entries, SNI sent, no common name",
          .cause = "The certificate covers DOMAIN or www.DOMAIN only.",
          .fix = "Issue a certificate whose subjectAltName has mta-sts.DOMAIN.",
          .source = "RFC 8461 section 3.3",
          .rows = "2",
          .explanation = "A wildcard stands for exactly one left-most label: *.example.com covers "
                         "mta-sts.example.com and nothing deeper.",
          .judge = judge_host_name},
    Check{.number = 19,
          .title = "The certificate chains to a public root",
          .fault = "Senders do not trust the certificate",
          .severity = Severity::error,
          .how = "verified against this system's store with what the server sent",
          .cause = "Only the leaf is sent, it is self-signed, or from a private CA.",
          .fix = "Configure the full chain (fullchain.pem) of a public CA.",
          .source = "RFC 8461 section 3.3",
          .rows = "2",
          .explanation = "Browsers fetch missing intermediate certificates; mail senders do not.",
          .judge = judge_host_trust},
    Check{.number = 20,
          .title = "The certificate is valid now",
          .fault = "The certificate, or one above it, is not valid now",
          .severity = Severity::error,
          .how = "its dates against this clock",
          .cause = "The renewal failed, or the web server was not reloaded.",
          .fix = "Renew the certificate and reload the web server.",
          .source = "RFC 8461 section 3.3",
          .rows = "2",
          .explanation =
              "With an expired certificate senders keep the policy they have, and new senders see none.",
          .judge = judge_host_validity},
    Check{.number = 21,
          .title = "The certificate does not end soon",
          .fault = "The certificate ends soon",
          .severity = Severity::error,
          .how = "less than 14 days, or a fifth of a short life",
          .cause = "Automatic renewal is broken.",
          .fix = "Run the ACME client by hand and look at its log.",
          .source = "RFC 8461 section 3.3",
          .rows = "2",
          .explanation =
              "A renewal that works happens earlier than this. Under three days it is counted as an error.",
          .judge = judge_host_remaining},
    Check{.number = 22,
          .title = "What the host shows without SNI",
          .severity = Severity::note,
          .how = "a handshake without the server_name extension",
          .cause = "The server chooses certificates by SNI.",
          .fix = "Nothing to do: senders must send SNI. Useful to know when an old client complains.",
          .source = "RFC 8461 section 7.1",
          .rows = "2",
          .explanation = "RFC 8461 makes SNI a duty of the sender, so another certificate here is normal.",
          .judge = judge_without_sni},
    Check{.number = 23,
          .title = "TLS 1.2 or newer is offered",
          .fault = "The TLS versions on offer need a change",
          .severity = Severity::error,
          .how = "handshakes that offer TLS 1.3, 1.2 and what is older",
          .cause = "The server is hardened to 1.3 only, or is very old.",
          .fix = "Offer TLS 1.2 and 1.3.",
          .source = "RFC 8461 section 7.2",
          .rows = "2",
          .explanation = "Senders must use at least TLS 1.2; not all can speak 1.3.",
          .judge = judge_versions},
};

}  // namespace

std::span<const Check> host_checks() {
  return table;
}

}  // namespace mta_sts::check
