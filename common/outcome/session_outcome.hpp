#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts::outcome {

/// A result type of RFC 8460 section 4.3; the value is its number in libtlsrpt's datagrams.
enum class ResultType : std::uint16_t {
  starttls_not_supported = 201,
  certificate_host_mismatch = 202,
  certificate_not_trusted = 203,
  certificate_expired = 204,
  validation_failure = 205,
  sts_policy_fetch_error = 301,
  sts_policy_invalid = 302,
  sts_webpki_invalid = 303,
  tlsa_invalid = 304,
  dnssec_invalid = 305,
  dane_required = 306,
};

/// Gives the name of RFC 8460 section 4.3, "certificate-expired".
[[nodiscard]] std::string_view to_string(ResultType type);

/// Finds the type of a number; nothing for one that is no type.
[[nodiscard]] std::optional<ResultType> result_type_of(std::uint64_t number);

/// A policy-type of RFC 8460 section 4.2; the value is its number in datagrams.
enum class PolicyType : std::uint8_t { tlsa = 1, sts = 2, no_policy_found = 9 };

/// Gives the name of RFC 8460 section 4.2, "no-policy-found".
[[nodiscard]] std::string_view to_string(PolicyType type);

/// One attempt that failed. RFC 8460 section 4.3. Texts are a peer's own: escape them to show them.
struct SessionFailure {
  ResultType type = ResultType::validation_failure;
  std::string sending_ip;
  std::string mx;    ///< receiving-mx-hostname
  std::string helo;  ///< receiving-mx-helo
  std::string receiving_ip;
  std::string additional_information;
  std::string reason_code;

  auto operator<=>(const SessionFailure&) const = default;
};

/// What a session came to under one policy.
struct PolicyOutcome {
  PolicyType type = PolicyType::no_policy_found;
  std::string domain;  ///< policy-domain; empty where the sender gave none
  std::vector<std::string> policy_string;
  std::vector<std::string> mx_hosts;     ///< the policy's mx patterns
  std::vector<SessionFailure> failures;  ///< also those before an attempt that succeeded
  bool has_failed = false;               ///< the end of it

  bool operator==(const PolicyOutcome&) const = default;
};

/// A session of a sender with a domain's mail hosts: RFC 8460 counts it once for each policy that applied.
struct SessionOutcome {
  std::string domain;  ///< of the recipient: A-labels in lower case
  std::string record;  ///< its TLSRPT record as the sender found it; empty where it did not look
  std::vector<PolicyOutcome> policies;

  bool operator==(const SessionOutcome&) const = default;
};

}  // namespace mta_sts::outcome
