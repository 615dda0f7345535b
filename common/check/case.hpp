#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "check/checks.hpp"
#include "check/facts.hpp"
#include "policy/parse_policy.hpp"
#include "policy/policy.hpp"
#include "policy/txt_record.hpp"

namespace mta_sts::check {

/// The facts of one domain with what the product's parsers read from them, once for all checks.
struct Case {
  explicit Case(const Facts& recorded);

  const Facts& facts;
  TxtRecord record;                   ///< of _mta-sts
  TlsRptRecord tlsrpt;                ///< of _smtp._tls
  const HttpsFact* answer = nullptr;  ///< the answer that the policy is read from: the first whole 200, else
                                      ///< the first 200, else the first answer
  std::optional<std::expected<Policy, PolicyError>>
      sender_reading;  ///< of the answer's body, where it is whole and may be a policy
  std::optional<std::expected<Policy, PolicyError>> strict_reading;

  /// Gives the policy that a sender would hold, or null.
  [[nodiscard]] const Policy* policy() const;

  /// Gives the number of the check that tells why policy() is null.
  [[nodiscard]] int why_no_policy() const;

  /// Gives the number of the check that tells why there is no usable record.
  [[nodiscard]] int why_no_record() const;

  /// Gives the host names that mail goes to: the MX records' in order, or the domain itself (R118).
  [[nodiscard]] std::vector<std::string> mx_names() const;

  [[nodiscard]] bool is_null_mx() const;
};

/// Gives what stands in the policy's place, as "an HTML page", where an answer of 200 holds no attempt at a
/// policy; empty where it may be one.
[[nodiscard]] std::string_view served_instead(const HttpsFact& answer);

/// Tells whether the TLS handshake came to its end, whatever came after it.
[[nodiscard]] bool shook_hands(const TlsFact& tls);

/// Tells whether a handshake with this version alone succeeded; false where it was not tried.
[[nodiscard]] bool offers(const std::map<std::string, bool>& versions, const std::string& version);

/// Tells whether a handshake with this version alone was tried and failed.
[[nodiscard]] bool lacks(const std::map<std::string, bool>& versions, const std::string& version);

/// Tells whether a TLS handshake with a host failed whatever version was offered that senders may use, while
/// an older one succeeds (C23).
[[nodiscard]] bool offers_old_tls_alone(const HttpsFacts& facts);

/// Tells whether a lookup ended without knowledge: not an absent record (R15).
[[nodiscard]] bool lookup_failed(DnsStatus status);

/// Says that a lookup failed, which tells nothing of what stands at the name.
[[nodiscard]] CheckFinding failed_lookup(const TxtFact& fact);

/// Gives a header's values by its name, no case, in their order.
[[nodiscard]] std::vector<std::string> header_values(const HttpsFact& fact, std::string_view name);

/// Gives why a mail host that was reached said nothing about TLS: it turned this host away before it answered
/// EHLO, or answered too late; empty where it did say. A host that knows no EHLO at all (500, 502) does: mail
/// servers go on without TLS there. RFC 5321 sections 3.1, 3.2.
[[nodiscard]] std::string turned_away(const SmtpFact& fact);

/// Names an address of a host in a finding: "mx.example.com [192.0.2.7]".
[[nodiscard]] std::string subject_of(std::string_view host, std::string_view address);

/// Short forms for what judges give back.
[[nodiscard]] std::vector<CheckFinding> ok(std::string evidence = {});
[[nodiscard]] std::vector<CheckFinding> skipped(int because_of);
[[nodiscard]] std::vector<CheckFinding> not_testable(std::string reason);
[[nodiscard]] std::vector<CheckFinding> not_applicable(std::string reason = {});
[[nodiscard]] CheckFinding found(Severity severity, std::string evidence, std::string cause = {},
                                 std::string fix = {});
[[nodiscard]] CheckFinding found_at(std::string subject, Severity severity, std::string evidence,
                                    std::string cause = {});

/// Gives the findings, or ok where there are none.
[[nodiscard]] std::vector<CheckFinding> all_or_ok(std::vector<CheckFinding> findings,
                                                  std::string evidence = {});

/// Joins the character-strings of one TXT record, as RFC 8461 section 3.1 reads it (R7).
[[nodiscard]] std::string join_strings(const std::vector<std::string>& strings);

}  // namespace mta_sts::check
