#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/expectation.hpp"

// The walk of a mail server along the MX list, host by host through common/delivery. The walk itself, bounces
// and the words of a TLS report are a model for the vectors: in the product Exim and Postfix walk and bounce,
// and no report is sent.

namespace mta_sts::vectors {

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
  std::optional<Mode> mode;           ///< nothing: what policy there is is unknown (P6)
  std::vector<std::string> patterns;  ///< the policy's mx
  std::vector<MxFacts> mxs;
  bool dane_stands_in =
      true;  ///< P8: MX records are secure, so DANE alone judges the certificate where it can
  bool queue_expired = false;             ///< the message would bounce now
  std::optional<TxtRecheck> txt_recheck;  ///< asked where queue_expired; left out counts as temp
};

/// A failure as a TLS report names it. RFC 8460 section 4.3.
struct ReportedFailure {
  std::string_view policy_type;  ///< "sts" or "tlsa"
  std::string_view result_type;
  std::string_view reason;  ///< failure-reason-code; may be empty
};

struct MxStep {
  std::string host;
  std::string_view action;  ///< deliver, skip, unreachable, tempfail or reject
  std::vector<ReportedFailure> failures;
};

struct DeliveryWalk {
  std::vector<MxStep> steps;       ///< the hosts looked at
  std::string_view end = "defer";  ///< delivered, defer, bounce or retry
};

[[nodiscard]] DeliveryWalk walk(const DeliveryFacts& facts);

}  // namespace mta_sts::vectors
