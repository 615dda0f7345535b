#pragma once

#include <openssl/x509.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The one reading of certificate chains: what a sender believes and what `mta-sts check` reports are judged
/// by the same code.
namespace mta_sts::trust {

/// What is wrong with one certificate of a chain.
enum class Flaw : std::uint8_t {
  untrusted,  ///< it leads to no trusted root, or may not stand where it stands
  expired,
  not_yet_valid,
  weak,           ///< a key or a signature below OpenSSL's security level 2: RSA under 2048 bits, SHA-1, MD5
  wrong_purpose,  ///< not for TLS servers
  wrong_host,     ///< no DNS-ID for the host's name
  revoked,
  no_memory,  ///< nothing was judged, for this host's own trouble
};

/// Gives the word of a recording, e.g. `not-yet-valid`.
[[nodiscard]] std::string_view to_string(Flaw flaw);

struct ChainFault {
  Flaw flaw = Flaw::untrusted;
  int depth = 0;  ///< in the chain built: 0 is the host's own certificate
  int error = 0;  ///< OpenSSL's X509_V_ERR_ number
};

/// Judges a chain as a sender does before it believes a Policy Host or an MX host: a way to a trusted root,
/// every certificate in its time and for its purpose, no key or signature below security level 2, and `host`
/// among the subjectAltName dNSName entries (a CN does not count, "*" is one whole label). Without `host`
/// names are not looked at. `context` must have been initialised with roots and chain (X509_STORE_CTX_init);
/// its parameters and its verify callback are set here. Gives every fault in the order found; none: the chain
/// is accepted. The context's error is then X509_V_OK, else the first fault's. RFC 8461 sections 3.3 and 4.2,
/// R62 to R64, R99, R100, R102.
[[nodiscard]] std::vector<ChainFault> judge_chain(X509_STORE_CTX* context, const std::string& host);

/// Gives the subjectAltName dNSName entries of a certificate, as its bytes have them; as many as the TLS
/// library's limit on a chain's size lets through.
[[nodiscard]] std::vector<std::string> dns_names_of(const X509* certificate);

}  // namespace mta_sts::trust
