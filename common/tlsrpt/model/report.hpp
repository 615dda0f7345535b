#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tlsrpt/model/authentication.hpp"
#include "tlsrpt/model/words.hpp"

namespace mta_sts::tlsrpt {

/// Stands for a host or type that the report did not give.
inline constexpr std::string_view not_given = "-";

/// Failed sessions of one kind. RFC 8460 section 4.3. Texts are the sender's own: escape them to show them.
struct FailureDetail {
  std::string result_type;  ///< a known type in lower case, another one as it came, or not_given
  std::string host;         ///< receiving-mx-hostname in lower case without root dot, or not_given
  std::string receiving_ip;
  std::string sending_ip;
  std::string helo;  ///< the first line
  std::string reason_code;
  std::string additional_information;
  std::uint64_t count = 0;
  /// The host matches none of the mx patterns that the report itself gives for its sts policy: C52 of the
  /// checker, and no fault of TLS.
  bool is_outside_policy = false;

  bool operator==(const FailureDetail&) const = default;
};

/// What a report says of one policy. RFC 8460 section 4.2.
struct PolicyReport {
  std::optional<std::string> type;    ///< as result_type above; none if missing
  std::optional<std::string> domain;  ///< lower case, no root dot; none if missing
  std::vector<std::string> policy_string;
  std::vector<std::string> mx_hosts;
  std::uint64_t success = 0;
  std::uint64_t failure = 0;  ///< of the summary; of the details where the summary lacks it
  std::vector<FailureDetail> details;
  /// The recipient's domain in A-labels to count it under: `domain`, or that of the sts policy whose MX this
  /// tlsa policy is for, or what the mail or the file's name says; empty if nothing does.
  std::string counted_domain;
  /// Its sessions are those of an sts or tlsa policy of the same domain too: left out of every total.
  bool is_shadowed = false;

  bool operator==(const PolicyReport&) const = default;
};

/// One TLS report. RFC 8460 section 4. What the report says is never checked against anything: whoever can
/// send mail to the address can write one, unless a trusted server has checked who signed it.
struct Report {
  std::optional<std::string> organization;
  std::optional<std::string> id;
  std::optional<std::string> contact;
  std::optional<std::chrono::sys_seconds> start;
  std::optional<std::chrono::sys_seconds> end;
  std::vector<PolicyReport> policies;
  QuirkSet quirks;
  Authentication authentication = Authentication::not_checked;

  bool operator==(const Report&) const = default;
};

/// Gives a + b, or the greatest count where the sum has no room: a hostile count must not wrap to a small
/// one.
[[nodiscard]] constexpr std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t sum = a + b;
  return sum < a ? UINT64_MAX : sum;
}

}  // namespace mta_sts::tlsrpt
