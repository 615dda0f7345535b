#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// A model of what a sender owes to each MX host. No product path calls it: Exim and Postfix walk the MX list themselves, and
// tests/exim and tests/postfix prove what they do. It keeps the vectors of the area verdict true to the RFCs' text.

namespace mta_sts {

/// The policy that governs a delivery; `absent` where there is none.
enum class DeliveryMode : std::uint8_t { enforce, testing, none, absent, temp };

/// What the TLS handshake with an MX host came to, judged against the MX host's name.
enum class MxTls : std::uint8_t { ok, expired, untrusted, host_mismatch, handshake_failure };

/// What the SMTP dialogue came to without regard to policies.
enum class MxReply : std::uint8_t { accepted, temporary, permanent, unreachable };

/// What DANE (RFC 7672) says of an MX host.
enum class MxDane : std::uint8_t { none, ok, fail, unusable, lookup_error };

/// One MX host, in the order of preference.
struct MxFacts {
  std::string host;
  bool starttls = false;
  MxTls tls = MxTls::ok;
  MxReply reply = MxReply::accepted;
  MxDane dane = MxDane::none;
};

/// What asking TXT again before a bounce came to.
enum class TxtRecheck : std::uint8_t { same, new_id, none, temp };

struct DeliveryFacts {
  DeliveryMode mode = DeliveryMode::absent;
  std::vector<std::string> patterns;  ///< the policy's mx
  std::vector<MxFacts> mxs;
  bool dane_governs = true;               ///< P8: DANE alone judges the certificate where it can
  bool mx_secure = true;                  ///< the MX RRset is DNSSEC-secure
  bool queue_expired = false;             ///< the message would bounce now
  std::optional<TxtRecheck> txt_recheck;  ///< asked where queue_expired; left out counts as temp
};

/// A failure to put into a TLS report. RFC 8460 section 4.3.
struct TlsFailure {
  std::string_view policy_type;  ///< "sts" or "tlsa"
  std::string_view result_type;
  std::string_view reason;  ///< failure-reason-code; may be empty
};

enum class MxAction : std::uint8_t { deliver, skip, unreachable, tempfail, reject };
enum class DeliveryEnd : std::uint8_t { delivered, defer, bounce, retry };

[[nodiscard]] std::string_view to_string(MxAction action);
[[nodiscard]] std::string_view to_string(DeliveryEnd end);

struct MxStep {
  std::string host;
  MxAction action = MxAction::skip;
  std::vector<TlsFailure> failures;
};

struct DeliveryPlan {
  std::vector<MxStep> steps;  ///< the hosts looked at; no other may be contacted
  DeliveryEnd end = DeliveryEnd::defer;
};

/// Walks the MX list as a sender must under a policy and DANE. Pure. RFC 8461 sections 4, 5 and 8.4, RFC 7672
/// section 2, positions P5 to P8.
[[nodiscard]] DeliveryPlan plan_delivery(const DeliveryFacts& facts);

}  // namespace mta_sts
