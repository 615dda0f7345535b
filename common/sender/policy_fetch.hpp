#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/domain_name.hpp"
#include "os/ip_address.hpp"
#include "policy/policy.hpp"

namespace mta_sts::sender {

/// Why a fetch gave no policy. For all of them: keep a live cached policy, and do not ask again for five
/// minutes (RFC 8461 section 3.3).
enum class FetchErrorKind {
  dns_failure,         ///< the Policy Host has no address, or DNS did not say
  address_not_public,  ///< it has only addresses of private networks
  connect_failure,
  timeout,
  tls_handshake,
  cert_expired,
  cert_not_yet_valid,
  cert_untrusted,
  cert_host_mismatch,
  cert_weak,
  cert_purpose,
  cert_revoked,
  http_status,
  http_redirect,
  http_syntax,
  content_type,
  content_encoding,
  too_large,
  truncated,
  policy_invalid,
  fetch_internal,  ///< this host's own trouble (memory, descriptors), never one that a peer can cause
};

/// Gives the word of the log, metrics and docs/errors.md, e.g. `cert-expired`.
[[nodiscard]] std::string_view to_string(FetchErrorKind kind);

/// Gives the word's kind back; nothing for a word that is none.
[[nodiscard]] std::optional<FetchErrorKind> parse_fetch_error_kind(std::string_view word);

/// Gives the TLSRPT result type: sts-policy-fetch-error, sts-policy-invalid or sts-webpki-invalid (RFC 8460
/// section 4.3, position P22).
[[nodiscard]] std::string_view tlsrpt_result_type(FetchErrorKind kind);

struct FetchError {
  FetchErrorKind kind = FetchErrorKind::fetch_internal;
  std::string detail;     ///< one sentence, safe to show
  bool begun = true;      ///< false: this host's own trouble, which says nothing about the domain: no place
                          ///< came free, or there was no descriptor, memory or port
  bool may_pass = true;   ///< nobody said no: time ran out, DNS did not answer, or the trouble is our own
  std::string peer = {};  ///< the address that was spoken to, as text; empty: none
  std::chrono::milliseconds elapsed{0};
  bool refused_here = false;  ///< connect-failure: this host's kernel refused, for its routes or rules
  bool crowded = false;       ///< not begun: other fetches took every place
  bool connected = false;     ///< a connection stood
  bool trusted = false;       ///< and the certificate was accepted
  std::vector<IpAddress> tried = {};  ///< the addresses that a connection was to be made to
};

struct FetchedPolicy {
  Policy policy;
  std::string body;  ///< the bytes as served, at most policy_limit_bytes
  std::string peer;  ///< the address it came from, as text
  std::chrono::milliseconds elapsed{0};
  std::optional<std::chrono::sys_seconds>
      shared{};  ///< when another host fetched it; nothing: fetched just now
};

using FetchResult = std::expected<FetchedPolicy, FetchError>;

/// How urgent a fetch is where places are scarce: mail waits for it and no failure of it is known; or it is a
/// refresh, or was tried before.
enum class FetchRank : std::uint8_t { first, again };

struct FetchOrder {
  FetchRank rank = FetchRank::first;
  std::string id = {};  ///< of the TXT record, under which the result counts
  /// A policy that another host fetched under this id, not before this time, does as well; nothing: only one
  /// fetched now. See PolicyShare.
  std::optional<std::chrono::sys_seconds> shared_since = {};
  /// Called at most once, with its policy host's first address: it waits for no other fetch any more.
  std::function<void(const IpAddress&)> begun = {};
  std::function<void(FetchResult)> done;
};

/// Gets policies over HTTPS; handed in, so that tests decide what the network says.
class PolicyFetch {
 public:
  virtual ~PolicyFetch() = default;

  /// Gets the policy of a Policy Domain from its Policy Host under every rule of RFC 8461 section 3.3 and
  /// calls `done` exactly once, at once or later, on the loop's thread; bounded in time by the
  /// implementation. `domain` with `mta-sts.` in front fits 253 bytes (see policy_domain_of).
  virtual void fetch(const DomainName& domain, FetchOrder order) = 0;
};

}  // namespace mta_sts::sender
