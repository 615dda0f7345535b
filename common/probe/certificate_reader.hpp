#pragma once

#include <openssl/x509.h>

#include <optional>

#include "check/facts.hpp"

namespace mta_sts::probe {

/// Reads what the checks need from a chain as the server sent it, leaf first, and lets OpenSSL judge it
/// against the roots, dates left aside (they are a check of their own). Nothing for an empty chain. Names are
/// kept as the bytes they are, at most 1,000 of them.
[[nodiscard]] std::optional<check::CertificateFact> read_chain(STACK_OF(X509) * chain, X509_STORE* roots);

}  // namespace mta_sts::probe
