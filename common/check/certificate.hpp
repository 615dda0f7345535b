#pragma once

#include <string>
#include <vector>

#include "check/case.hpp"

namespace mta_sts::check {

/// The four questions that a certificate answers, the same for a policy host and a mail host. Each gives the
/// findings at `subject`, none where it is fine.

/// SAN dNSName against the host's name; a certificate without any is `severity` too. R49, R100, R102.
[[nodiscard]] std::vector<CheckFinding> judge_name(const CertificateFact& certificate, std::string_view host,
                                                   const std::string& subject, Severity severity);

/// The chain as it was sent, against the trust store.
[[nodiscard]] std::vector<CheckFinding> judge_trust(const CertificateFact& certificate,
                                                    const std::string& subject, Severity severity);

/// Not yet valid or expired at `now`.
[[nodiscard]] std::vector<CheckFinding> judge_validity(const CertificateFact& certificate,
                                                       std::chrono::sys_seconds now,
                                                       const std::string& subject, Severity severity);

/// Valid now, but for less than 14 days, or a fifth of its life where it is short-lived.
[[nodiscard]] std::vector<CheckFinding> judge_remaining(const CertificateFact& certificate,
                                                        std::chrono::sys_seconds now,
                                                        const std::string& subject);

/// Tells whether a sender would accept the certificate for `host` now.
[[nodiscard]] bool is_acceptable(const CertificateFact& certificate, std::string_view host,
                                 std::chrono::sys_seconds now);

/// Gives the names that the certificate is for, the first of many: foreign text.
[[nodiscard]] std::string names_of(const CertificateFact& certificate);

/// Gives a time as "2026-03-02 12:00 UTC".
[[nodiscard]] std::string to_text(std::chrono::sys_seconds time);

}  // namespace mta_sts::check
