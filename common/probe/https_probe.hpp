#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "check/facts.hpp"
#include "probe/time_limit.hpp"
#include "probe/tls_client.hpp"

namespace mta_sts::probe {

/// One request to one address of one host.
struct HttpsTarget {
  std::string host;
  std::string path;
  std::string method = "GET";  ///< GET, HEAD, or POST with an empty body
  std::string user_agent;      ///< empty: no such field
  Endpoint endpoint;
};

/// Makes the requests one after another, over one connection where the server keeps it, and says what came
/// back: any certificate is accepted and recorded, nothing is followed, no environment, cache or credentials
/// are used. A body is read to 64 KiB and one byte. `tls` gives the roots. One
/// that gets no answer over a connection that was kept is made once more over a new one. After one that
/// reached no server, or got no answer in its time, those that are left are not_tried, and so is one whose
/// time was cut by those before it. Empty: no memory.
[[nodiscard]] std::vector<check::HttpsFact> probe_https(std::span<const HttpsTarget> targets,
                                                        const TlsClient& tls, TimeLimit limit);

/// Makes a TLS handshake and ends the connection; nothing where no connection came about, which says nothing
/// of TLS.
[[nodiscard]] std::optional<check::TlsFact> probe_tls(const Endpoint& endpoint, const TlsWish& wish,
                                                      const TlsClient& tls, Deadline deadline);

/// Tells which version of TLS the server chooses of those offered, none newer than 1.2: see
/// TlsClient::chosen_version. Nothing where no connection or no answer came about.
[[nodiscard]] std::optional<std::string> probe_version(const Endpoint& endpoint, const TlsWish& wish,
                                                       const TlsClient& tls, Deadline deadline);

}  // namespace mta_sts::probe
