#pragma once

#include <cstdint>
#include <string>

#include "check/facts.hpp"
#include "probe/tls_client.hpp"

namespace mta_sts::probe {

/// One address of one mail host.
struct SmtpTarget {
  std::string mx;
  std::uint16_t preference = 0;
  Endpoint endpoint;
  std::string helo_name;  ///< for EHLO: this host's own name
};

/// Talks to a mail host up to the TLS handshake with SNI, then QUIT; never MAIL FROM. Everything seen is in
/// the fact. Lines and bytes are bounded; no longer than `deadline`.
[[nodiscard]] check::SmtpFact probe_smtp(const SmtpTarget& target, const TlsClient& tls, Deadline deadline);

/// The same for another kind of handshake alone; the fact's error where STARTTLS was not reached.
[[nodiscard]] check::TlsFact probe_smtp_tls(const SmtpTarget& target, const TlsWish& wish,
                                            const TlsClient& tls, Deadline deadline);

/// Asks a mail host whether it takes mail for `address`: RCPT TO, then RSET and QUIT. Gives its answer's
/// first line, or what went wrong. Only for --probe-rcpt.
[[nodiscard]] std::string probe_recipient(const SmtpTarget& target, const std::string& address,
                                          Deadline deadline);

}  // namespace mta_sts::probe
