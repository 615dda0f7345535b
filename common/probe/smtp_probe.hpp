#pragma once

#include <cstdint>
#include <string>

#include "check/facts.hpp"
#include "probe/time_limit.hpp"
#include "probe/tls_client.hpp"

namespace mta_sts::probe {

/// One address of one mail host.
struct SmtpTarget {
  std::string mx;
  std::uint16_t preference = 0;
  Endpoint endpoint;
  std::string helo_name;  ///< for EHLO: this host's own name; empty: the address literal of the connection
};

/// Asks one address of a mail host all that the checks need, one connection after the other: with SNI; with a
/// large ClientHello and without SNI (apart where they fail together); with what is older than TLS 1.2; and
/// with 1.2 alone where the first handshake fails. QUIT ends each, MAIL FROM is never sent. A host that turns
/// a session away for now (4xx) is asked once more for it. Connecting takes no longer than `limit.exchange`;
/// the peer's words may take what is left of `limit.total`, since RFC 5321 section 4.5.3.2.1 gives a greeting
/// five minutes. Lines and bytes are bounded. What there was no time for is absent in the fact.
[[nodiscard]] check::SmtpFact probe_mail_host(const SmtpTarget& target, const TlsClient& tls,
                                              TimeLimit limit);

/// Asks a mail host whether it takes mail for `address`: MAIL FROM:<> and RCPT TO, then RSET and QUIT, over
/// TLS where STARTTLS is offered. Gives its answer's first line, or what went wrong. Only for --probe-rcpt.
[[nodiscard]] std::string probe_recipient(const SmtpTarget& target, const std::string& address,
                                          const TlsClient& tls, TimeLimit limit);

}  // namespace mta_sts::probe
