// C40 to C49: STARTTLS and certificates of the mail hosts.
#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "check/case.hpp"
#include "check/certificate.hpp"
#include "check/forecast.hpp"
#include "check/groups.hpp"

namespace mta_sts::check {
namespace {

std::string location(const SmtpFact& fact) {
  return subject_of(fact.mx, fact.address);
}

// Under testing and none the mail still flows: what is an error under enforce warns there.
Severity severity_of(const Case& c) {
  return c.policy() != nullptr && c.policy()->mode == Mode::enforce ? Severity::error : Severity::warning;
}

std::string why_not_testable(const SmtpFact& fact) {
  switch (fact.reach) {
    case Reach::port_blocked:
      return "port 25 is blocked from here";
    case Reach::unreachable:
      return fact.address.find(':') != std::string::npos ? "no IPv6 route from here" : "no route from here";
    case Reach::forbidden_address:
      return "a private address, not contacted (--allow-private)";
    case Reach::not_tried:
      return "not tried: too many addresses, or no time left";
    default:
      return turned_away(fact);
  }
}

std::vector<CheckFinding> skip_without_hosts(const Case& c) {
  return c.is_null_mx() ? not_applicable("null MX") : skipped(54);
}

// Runs `judge_one` over every address that was reached; the others are named as not testable.
std::vector<CheckFinding> for_each_session(
    const Case& c, const std::function<void(const SmtpFact&, std::vector<CheckFinding>&)>& judge_one) {
  if (c.facts.smtp.empty()) {
    return skip_without_hosts(c);
  }
  std::vector<CheckFinding> findings;
  for (const SmtpFact& fact : c.facts.smtp) {
    if (const std::string reason = why_not_testable(fact); !reason.empty()) {
      findings.push_back({.outcome = Outcome::not_testable, .subject = location(fact), .evidence = reason});
    } else if (fact.reach == Reach::connected) {
      judge_one(fact, findings);
    }
  }
  return all_or_ok(std::move(findings), std::to_string(c.facts.smtp.size()) + " address(es)");
}

// The same over every certificate; a host without TLS is C40's finding, not one for each question about
// certificates.
std::vector<CheckFinding> for_each_certificate(
    const Case& c,
    const std::function<std::vector<CheckFinding>(const CertificateFact&, const SmtpFact&)>& judge_one) {
  return for_each_session(c, [&](const SmtpFact& fact, std::vector<CheckFinding>& findings) {
    if (!fact.with_sni.certificate) {
      findings.push_back({.outcome = Outcome::skipped, .subject = location(fact), .because_of = 40});
      return;
    }
    std::ranges::move(judge_one(*fact.with_sni.certificate, fact), std::back_inserter(findings));
  });
}

bool lacks_starttls(const SmtpFact& fact) {
  return fact.reach == Reach::connected && turned_away(fact).empty() &&
         (!fact.starttls_offered || !fact.with_sni.established);
}

std::string starttls_evidence(const SmtpFact& fact) {
  if (!fact.starttls_offered) {
    for (const std::string& line : fact.ehlo) {
      if (line.find("XXX") != std::string::npos) {
        return "the EHLO answer has " + line + ": a device in between overwrote STARTTLS";
      }
    }
    return fact.ehlo.empty() ? fact.error : "the EHLO answer has no STARTTLS";
  }
  return fact.with_sni.error.empty() ? fact.starttls_reply : fact.with_sni.error;
}

// The catalogue's cause fits a missing STARTTLS; other obstacles have their own.
std::string starttls_cause(const SmtpFact& fact) {
  if (fact.error.find("not SMTP") != std::string::npos) {
    return "What answers on port 25 is no mail server.";
  }
  if (fact.starttls_offered && !fact.starttls_reply.starts_with("220")) {
    return "STARTTLS is offered, but refused: TLS is not set up completely.";
  }
  return fact.starttls_offered ? "The TLS handshake fails." : "";
}

std::vector<CheckFinding> judge_starttls(const Case& c) {
  std::set<std::string> hosts_with;
  for (const SmtpFact& fact : c.facts.smtp) {
    if (fact.reach == Reach::connected && !lacks_starttls(fact)) {
      hosts_with.insert(fact.mx);
    }
  }
  return for_each_session(c, [&](const SmtpFact& fact, std::vector<CheckFinding>& findings) {
    if (lacks_starttls(fact) && !hosts_with.contains(fact.mx)) {
      findings.push_back(
          found_at(location(fact), severity_of(c), starttls_evidence(fact), starttls_cause(fact)));
    }
    if (fact.injected_bytes > 0) {
      findings.push_back(found_at(location(fact), Severity::warning,
                                  std::to_string(fact.injected_bytes) + " bytes in clear behind the 220",
                                  "Something speaks before TLS begins; it was thrown away."));
    }
  });
}

CheckFinding closed_address(const SmtpFact& fact, Severity severity) {
  const bool is_refused = fact.reach == Reach::refused;
  CheckFinding finding =
      found_at(location(fact), severity, is_refused ? "connection refused" : "no answer in time",
               is_refused ? "No mail server listens on this address, or a firewall refuses."
                          : "A firewall drops what comes to port 25, there or here, or the machine is down.");
  finding.fix = is_refused ? "Let the mail server listen on this address, or take the address out of DNS."
                           : "Open port 25 of this address in the firewall, or take the address out of DNS.";
  return finding;
}

std::vector<CheckFinding> judge_every_address(const Case& c) {
  if (c.facts.smtp.empty()) {
    return skip_without_hosts(c);
  }
  std::vector<CheckFinding> findings = for_each_session(c, [&](const SmtpFact& fact,
                                                               std::vector<CheckFinding>& list) {
    const bool another_has = std::ranges::any_of(c.facts.smtp, [&](const SmtpFact& other) {
      return other.mx == fact.mx && other.reach == Reach::connected && !lacks_starttls(other);
    });
    if (lacks_starttls(fact) && another_has) {
      list.push_back(found_at(location(fact), severity_of(c), starttls_evidence(fact), starttls_cause(fact)));
    }
  });
  const bool any_connected =
      std::ranges::any_of(c.facts.smtp, [](const auto& f) { return f.reach == Reach::connected; });
  for (const SmtpFact& fact : c.facts.smtp) {
    if (fact.reach == Reach::refused || fact.reach == Reach::timeout) {
      findings.push_back(closed_address(fact, any_connected ? Severity::warning : severity_of(c)));
    }
  }
  std::erase_if(findings, [&](const CheckFinding& finding) {
    return findings.size() > 1 && finding.outcome == Outcome::ok;
  });
  return findings;
}

CheckFinding not_measured(const SmtpFact& fact) {
  return {.outcome = Outcome::not_testable,
          .subject = location(fact),
          .evidence = "no further connection to this address was answered in time"};
}

bool speaks_tls(const SmtpFact& fact) {
  return std::ranges::any_of(fact.tls_versions, [](const auto& entry) { return entry.second; });
}

std::string versions_offered(const SmtpFact& fact) {
  std::string text;
  for (const auto& [version, is_offered] : fact.tls_versions) {
    text += is_offered ? (text.empty() ? "" : ", ") + version : "";
  }
  return text;
}

std::vector<CheckFinding> judge_mx_trust(const Case& c) {
  return for_each_certificate(c, [&](const CertificateFact& certificate, const SmtpFact& fact) {
    return judge_trust(certificate, location(fact), severity_of(c));
  });
}

std::vector<CheckFinding> judge_mx_dates(const Case& c) {
  return for_each_certificate(c, [&](const CertificateFact& certificate, const SmtpFact& fact) {
    auto findings = judge_validity(certificate, c.facts.conditions.now, location(fact), severity_of(c));
    std::ranges::move(judge_remaining(certificate, c.facts.conditions.now, location(fact)),
                      std::back_inserter(findings));
    return findings;
  });
}

std::vector<CheckFinding> judge_mx_name(const Case& c) {
  return for_each_certificate(c, [&](const CertificateFact& certificate, const SmtpFact& fact) {
    // Without any SAN it is C45's finding.
    return certificate.dns_names.empty() ? std::vector<CheckFinding>{}
                                         : judge_name(certificate, fact.mx, location(fact), severity_of(c));
  });
}

std::vector<CheckFinding> judge_common_name_only(const Case& c) {
  return for_each_certificate(c, [&](const CertificateFact& certificate, const SmtpFact& fact) {
    return certificate.dns_names.empty() ? judge_name(certificate, fact.mx, location(fact), severity_of(c))
                                         : std::vector<CheckFinding>{};
  });
}

std::vector<CheckFinding> judge_mx_sni(const Case& c) {
  return for_each_session(c, [&](const SmtpFact& fact, std::vector<CheckFinding>& findings) {
    if (!fact.with_sni.certificate) {
      findings.push_back({.outcome = Outcome::skipped, .subject = location(fact), .because_of = 40});
      return;
    }
    if (!fact.without_sni) {
      findings.push_back(not_measured(fact));
      return;
    }
    if (!fact.without_sni->certificate) {
      findings.push_back(
          found_at(location(fact), Severity::warning, "without SNI: " + fact.without_sni->error));
    } else if (!is_acceptable(*fact.without_sni->certificate, fact.mx, c.facts.conditions.now) &&
               is_acceptable(*fact.with_sni.certificate, fact.mx, c.facts.conditions.now)) {
      findings.push_back(
          found_at(location(fact), Severity::warning, "without SNI another certificate is shown"));
    }
  });
}

std::vector<CheckFinding> judge_mx_versions(const Case& c) {
  return for_each_session(c, [&](const SmtpFact& fact, std::vector<CheckFinding>& findings) {
    if (!fact.with_sni.established && !speaks_tls(fact)) {
      findings.push_back({.outcome = Outcome::skipped, .subject = location(fact), .because_of = 40});
      return;
    }
    if (fact.tls_versions.empty()) {
      findings.push_back(not_measured(fact));
      return;
    }
    if (!offers(fact.tls_versions, "TLSv1.2") && !offers(fact.tls_versions, "TLSv1.3")) {
      findings.push_back(
          found_at(location(fact), severity_of(c), "neither TLS 1.2 nor 1.3, but " + versions_offered(fact)));
    }
  });
}

std::vector<CheckFinding> judge_large_hello(const Case& c) {
  return for_each_session(c, [&](const SmtpFact& fact, std::vector<CheckFinding>& findings) {
    if (!fact.with_sni.established) {
      findings.push_back({.outcome = Outcome::skipped, .subject = location(fact), .because_of = 40});
    } else if (!fact.large_hello) {
      findings.push_back(not_measured(fact));
    } else if (!fact.large_hello->established) {
      findings.push_back(
          found_at(location(fact), Severity::warning, "a large ClientHello: " + fact.large_hello->error));
    }
  });
}

// Why a backup gets no mail under enforce, and what to do there beside removing it.
std::pair<std::string, std::string> cause_and_fix_of(Delivery delivery) {
  switch (delivery) {
    case Delivery::unreachable:
      return {"No mail server listens there, or a firewall is closed.",
              "Start its mail server, open port 25"};
    case Delivery::no_starttls:
      return {"TLS is off at the backup, or a device in between removes STARTTLS.", "Enable STARTTLS there"};
    case Delivery::tls_failed:
      return {"The backup offers STARTTLS, then the TLS handshake fails.", "Repair its TLS set-up"};
    case Delivery::tlsa_lookup_failed:
      return {"The backup's zone is signed, and the lookup of its TLSA records fails.",
              "Make the name servers of its zone answer TLSA questions"};
    case Delivery::tlsa_mismatch:
      return {"The backup's TLSA records are those of another certificate.",
              "Publish TLSA records that fit its certificate"};
    case Delivery::certificate_refused:
    case Delivery::mx_not_in_policy:
    case Delivery::delivers:
    case Delivery::not_testable:
      break;
  }
  return {
      "The backup has no certificate that is valid for its MX name: C42 to C45 say what is wrong with it.",
      "Give it such a certificate"};
}

std::vector<CheckFinding> judge_backups(const Case& c) {
  if (c.facts.smtp.empty()) {
    return skip_without_hosts(c);
  }
  const auto best = std::ranges::min(c.facts.smtp, {}, &SmtpFact::preference).preference;
  std::vector<CheckFinding> findings;
  std::size_t backups = 0;
  for (const SmtpFact& fact : c.facts.smtp) {
    if (fact.preference == best) {
      continue;
    }
    ++backups;
    const Delivery delivery = judge_address(c, fact);
    if (delivery == Delivery::not_testable) {
      findings.push_back(
          {.outcome = Outcome::not_testable, .subject = location(fact), .evidence = why_not_testable(fact)});
    } else if (delivery != Delivery::delivers) {
      const auto [cause, fix] = cause_and_fix_of(delivery);
      findings.push_back(found_at(location(fact), severity_of(c), std::string(to_string(delivery)), cause));
      findings.back().fix = fix + ", or remove this MX record.";
    }
  }
  return backups == 0 ? not_applicable("no backup MX")
                      : all_or_ok(std::move(findings), std::to_string(backups) + " backup address(es)");
}

constexpr std::array table{
    Check{.number = 40,
          .title = "Every mail host offers STARTTLS",
          .fault = "STARTTLS is missing or disturbed at a mail host",
          .severity = Severity::error,
          .how = "EHLO and STARTTLS on port 25 of every address; no mail is sent",
          .cause = "TLS is off, or a device in between removes STARTTLS.",
          .fix = "Enable STARTTLS on the mail host; switch off SMTP inspection.",
          .source = "RFC 8461 section 4.2",
          .rows = "7",
          .explanation = "Under enforce a host without STARTTLS gets no mail from senders with MTA-STS. "
                         "Where port 25 cannot be reached from here, "
                         "the result is not testable, never ok.",
          .judge = judge_starttls},
    Check{.number = 41,
          .title = "STARTTLS works on every address of a mail host",
          .fault = "STARTTLS does not work on every address of a mail host",
          .severity = Severity::error,
          .how = "each A and AAAA of each MX",
          .cause = "The IPv6 listener or a second node has other TLS settings.",
          .fix = "Give all listeners the same TLS settings.",
          .source = "RFC 8461 section 4.2",
          .rows = "7",
          .explanation = "Faults of a single address come and go with the sender's choice, and are the "
                         "hardest to find by hand.",
          .judge = judge_every_address},
    Check{.number = 42,
          .title = "Mail host certificates chain to a public root",
          .fault = "Senders do not trust a mail host's certificate",
          .severity = Severity::error,
          .how = "verified against this system's store with what the server sent",
          .cause = "Self-signed, or an intermediate certificate is missing.",
          .fix = "Install the full chain of a public CA.",
          .source = "RFC 8461 section 4.2",
          .rows = "7",
          .explanation = "Without MTA-STS nobody looked at this certificate; with enforce every sender does.",
          .judge = judge_mx_trust},
    Check{.number = 43,
          .title = "Mail host certificates are valid now and for a while",
          .fault = "A mail host's certificate is not valid now, or ends soon",
          .severity = Severity::error,
          .how = "dates against this clock",
          .cause = "Renewed on disk, but the mail server was not reloaded.",
          .fix = "Reload the mail server after each renewal (a deploy hook).",
          .source = "RFC 8461 section 4.2",
          .rows = "7",
          .explanation =
              "Mail servers keep the certificate that they loaded at start until they are told to reload.",
          .judge = judge_mx_dates},
    Check{
        .number = 44,
        .title = "Mail host certificates name the MX host",
        .fault = "A mail host's certificate does not name the MX host",
        .severity = Severity::error,
        .how = "SAN dNSName against the MX name as it stands in DNS",
        .cause = "The certificate is for the host's other name.",
        .fix = "Issue it for the MX name, or change the MX to the certified name.",
        .source = "RFC 8461 section 4.2",
        .rows = "7, 3",
        .explanation = "Neither the mail domain nor a CNAME's target counts: the name in the MX record does.",
        .judge = judge_mx_name},
    Check{.number = 45,
          .title = "Mail host certificates have a subjectAltName",
          .fault = "A mail host's certificate has no subjectAltName",
          .severity = Severity::error,
          .how = "certificates with a common name alone are named",
          .cause = "An old internal CA issued it.",
          .fix = "Reissue the certificate with a subjectAltName.",
          .source = "RFC 8461 section 4.2, RFC 9525 section 2",
          .rows = "7",
          .explanation = "Some TLS libraries still fall back to the common name, so the fault shows with "
                         "some senders only.",
          .judge = judge_common_name_only},
    Check{.number = 46,
          .title = "The same certificate without SNI",
          .fault = "Without SNI another certificate is shown, or none",
          .severity = Severity::warning,
          .how = "a second handshake without the server_name extension",
          .cause = "The mail server chooses by SNI and has a wrong default.",
          .fix = "Make the default certificate valid for the MX name.",
          .source = "RFC 8461 section 7.1",
          .rows = "7",
          .explanation = "Senders with MTA-STS must send SNI, but not all mail servers do.",
          .judge = judge_mx_sni},
    Check{.number = 47,
          .title = "Mail hosts offer TLS 1.2 or 1.3",
          .fault = "A mail host offers neither TLS 1.2 nor 1.3",
          .severity = Severity::error,
          .how = "handshakes that offer TLS 1.3, 1.2 and what is older",
          .cause = "A very old library.",
          .fix = "Enable TLS 1.2 and 1.3.",
          .source = "RFC 8461 section 7.2",
          .rows = "7",
          .explanation = "Senders with MTA-STS must not use less.",
          .judge = judge_mx_versions},
    Check{.number = 48,
          .title = "A large ClientHello gets through",
          .fault = "A large ClientHello does not get through",
          .severity = Severity::warning,
          .how = "a ClientHello over one packet, as with post-quantum keys",
          .cause = "A firewall drops hellos over 1500 bytes.",
          .fix = "Update or bypass the firewall that inspects TLS.",
          .source = "RFC 8461 section 4.2",
          .rows = "7",
          .explanation = "Newer senders' hellos do not fit one packet. A device that expects so breaks TLS "
                         "for them alone.",
          .judge = judge_large_hello},
    Check{.number = 49,
          .title = "Backup mail hosts pass too",
          .fault = "A backup mail host does not pass",
          .severity = Severity::error,
          .how = "every preference is tested",
          .cause = "Nobody looks at the backup as long as the primary works.",
          .fix = "Repair or remove the backup MX: its faults show only when the primary is down.",
          .source = "RFC 8461 section 8.4",
          .rows = "7, 3",
          .explanation = "A backup that no sender may use under enforce is no backup.",
          .judge = judge_backups},
};

}  // namespace

std::span<const Check> mx_checks() {
  return table;
}

}  // namespace mta_sts::check
