#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/content_type.hpp"
#include "sender/fetch/http_head.hpp"
#include "sender/policy_fetch.hpp"

namespace mta_sts::sender {

/// How each layer of one fetch ended; `not_reached` where a layer below failed first.
enum class DnsOutcome : std::uint8_t { not_reached, ok, nx_domain, no_address, failed, address_not_public };
enum class ConnectOutcome : std::uint8_t { not_reached, ok, refused, timeout, unreachable };
enum class TlsOutcome : std::uint8_t {
  not_reached,
  ok,
  expired,
  not_yet_valid,
  untrusted,
  host_mismatch,
  weak,
  wrong_purpose,
  revoked,
  protocol,  ///< no common version, an alert, a close or no TLS at all
};

/// What one fetch of a policy saw, layer by layer, before anybody judged it.
struct FetchFacts {
  DnsOutcome dns = DnsOutcome::not_reached;
  ConnectOutcome connect = ConnectOutcome::not_reached;
  TlsOutcome tls = TlsOutcome::not_reached;
  std::string sni;            ///< the server name sent
  int tls_version = 0;        ///< as on the wire: 0x0303 is TLS 1.2, 0x0304 TLS 1.3
  HttpHead head;              ///< fed with the lines as received
  bool not_http = false;      ///< what came is no HTTP at all
  std::size_t received = 0;   ///< body bytes seen; counting may stop one above the limit
  bool last_chunk = false;    ///< chunked: the last chunk came
  bool chunk_error = false;   ///< chunked: the coding is broken
  bool close_notify = false;  ///< TLS was closed in order
  bool end_stream = false;    ///< HTTP/2: the stream ended in order
  bool not_begun = false;     ///< this host's own trouble: no place came free, no memory, no descriptor
  bool crowded = false;       ///< with not_begun: other fetches took every place
  bool refused_here = false;  ///< with unreachable: this host's kernel said so at once
  std::string body;
  std::string peer;  ///< the address connected to, as text
  std::string note;  ///< what the library said, for the detail
  std::chrono::milliseconds elapsed{0};
};

struct FetchRules {
  std::string_view host;                                                 ///< the Policy Host
  MissingContentType missing_content_type = MissingContentType::refuse;  ///< position P4
  std::chrono::milliseconds deadline{60000};                             ///< R71
};

/// Judges the facts of one fetch: the policy, or the first thing that is wrong in the order of the layers.
/// Pure. RFC 8461 section 3.3, R61 to R71, R76; positions P4, P20 to P22.
[[nodiscard]] FetchResult judge_fetch(const FetchFacts& facts, const FetchRules& rules);

}  // namespace mta_sts::sender
