#include "check/certificate.hpp"

#include <algorithm>
#include <cstdio>

#include "policy/dns_id.hpp"

namespace mta_sts::check {
namespace {

using std::chrono::days;

constexpr days warning_time{14};
constexpr days urgent_time{3};
constexpr days short_life{15};
constexpr std::size_t shown_names_limit = 8;

// The certificate of the chain that has a fault.
std::string described(const CertificateFact& certificate, const ChainFact& fault) {
  if (fault.depth == 0) {
    return "the certificate (" + certificate.key + ", " + certificate.signature + ")";
  }
  return "the certificate above it, " + fault.subject + ",";
}

bool matches(const CertificateFact& certificate, std::string_view host) {
  const std::vector<std::string_view> names(certificate.dns_names.begin(), certificate.dns_names.end());
  return matches_dns_id(names, host);
}

}  // namespace

std::string to_text(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char text[48];
  std::snprintf(text, sizeof text, "%d-%02u-%02u %02d:%02d UTC", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()));
  return text;
}

std::string names_of(const CertificateFact& certificate) {
  std::string names;
  const std::size_t shown = std::min(certificate.dns_names.size(), shown_names_limit);
  for (std::size_t i = 0; i < shown; ++i) {
    names += (i == 0 ? "" : ", ") + certificate.dns_names[i];
  }
  const std::size_t left = certificate.dns_names.size() - shown;
  return left == 0 ? names : names + " and " + std::to_string(left) + " more";
}

std::vector<CheckFinding> judge_name(const CertificateFact& certificate, std::string_view host,
                                     const std::string& subject, Severity severity) {
  if (certificate.dns_names.empty()) {
    return {found_at(subject, severity, "no subjectAltName; CN=" + certificate.common_name,
                     "The certificate has only a common name, which senders do not look at.")};
  }
  if (!matches(certificate, host)) {
    return {found_at(subject, severity, "certificate is for " + names_of(certificate),
                     "The certificate does not name " + std::string(host) + ".")};
  }
  return {};
}

std::vector<CheckFinding> judge_trust(const CertificateFact& certificate, const std::string& subject,
                                      Severity severity) {
  if (!certificate.trusted) {
    return {found_at(
        subject, severity,
        certificate.trust_error + "; issuer " + certificate.issuer + "; " + std::to_string(certificate.sent) +
            " certificate(s) sent",
        certificate.sent <= 1 ? "Only the certificate itself was sent, or it is not from a public CA." : "")};
  }
  std::vector<CheckFinding> findings;
  for (const ChainFact& fault : certificate.chain) {
    if (fault.flaw == "weak") {
      findings.push_back(
          found_at(subject, severity, fault.error + ": " + described(certificate, fault),
                   "Senders' TLS libraries refuse RSA keys under 2048 bits and SHA-1 signatures."));
      findings.back().fix = "Issue the certificate anew, with an EC or RSA 2048 key and a SHA-256 signature.";
    }
  }
  return findings;
}

std::vector<CheckFinding> judge_validity(const CertificateFact& certificate, std::chrono::sys_seconds now,
                                         const std::string& subject, Severity severity) {
  if (now < certificate.not_before) {
    return {found_at(subject, severity, "valid from " + to_text(certificate.not_before),
                     "The certificate is not valid yet (or the clock here is wrong).")};
  }
  if (now > certificate.not_after) {
    return {found_at(subject, severity, "expired on " + to_text(certificate.not_after))};
  }
  std::vector<CheckFinding> findings;
  for (const ChainFact& fault : certificate.chain) {
    if (fault.depth == 0 || (fault.flaw != "expired" && fault.flaw != "not-yet-valid")) {
      continue;
    }
    const bool is_over = fault.flaw == "expired";
    findings.push_back(
        found_at(subject, severity,
                 described(certificate, fault) + (is_over ? " expired on " + to_text(fault.not_after)
                                                          : " is valid from " + to_text(fault.not_before)),
                 "The certificate itself is in its time; one that the server sends above it is not."));
    findings.back().fix =
        "Install the full chain of today from the CA (fullchain.pem), and reload the server.";
  }
  return findings;
}

std::vector<CheckFinding> judge_remaining(const CertificateFact& certificate, std::chrono::sys_seconds now,
                                          const std::string& subject) {
  if (now < certificate.not_before || now > certificate.not_after) {
    return {};
  }
  const auto life = certificate.not_after - certificate.not_before;
  const auto left = certificate.not_after - now;
  const bool is_short_lived = life <= short_life;
  const bool ends_soon = is_short_lived ? left < life / 5 : left < warning_time;
  if (!ends_soon) {
    return {};
  }
  const bool is_urgent = !is_short_lived && left < urgent_time;
  return {found_at(subject, is_urgent ? Severity::error : Severity::warning,
                   "ends on " + to_text(certificate.not_after))};
}

bool is_acceptable(const CertificateFact& certificate, std::string_view host, std::chrono::sys_seconds now) {
  return certificate.trusted && certificate.chain.empty() && matches(certificate, host) &&
         now >= certificate.not_before && now <= certificate.not_after;
}

}  // namespace mta_sts::check
