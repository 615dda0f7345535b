#pragma once

#include <string_view>

#include "check/case.hpp"
#include "delivery/expectation.hpp"

namespace mta_sts::check {

/// Gives what DANE asks of a mail host, as a sender sees it before it connects: a TLSA lookup that fails in a
/// signed zone is no absent record (RFC 7672 section 2.1), one in an unsigned zone is never made
/// (section 2.2.1). Without a validating resolver nothing is known: none.
[[nodiscard]] delivery::Dane dane_of(const Case& c, std::string_view mx);

/// Gives the facts of a host's TLSA lookup; null where none was recorded.
[[nodiscard]] const TlsaFact* tlsa_fact(const Case& c, std::string_view mx);

/// Tells whether the chain fits one of the host's usable TLSA records. RFC 7672 section 3.1.
[[nodiscard]] bool fits_tlsa(const TlsaFact& tlsa, const CertificateFact& shown);

/// Tells whether a usable record holds a whole certificate or key, which is not compared here.
[[nodiscard]] bool has_full_data(const TlsaFact& tlsa);

}  // namespace mta_sts::check
