#pragma once

#include <openssl/x509_vfy.h>

#include <expected>
#include <string>

#include "base/fault.hpp"
#include "base/handle.hpp"

namespace mta_sts::trust {

using RootStore = Handle<X509_STORE, X509_STORE_free>;

/// Reads the trusted roots of a PEM file (at most 16 MiB) into a store that many threads may use. A root is
/// decoded when a chain first leads to its name: that is a few of a distribution's 140, and decoding all of
/// them takes longer than a dozen TLS handshakes. Error: ca-unreadable, where the file cannot be read, is no
/// PEM, or holds no certificate; then nobody can be trusted.
[[nodiscard]] std::expected<RootStore, Fault> read_roots(const std::string& path);

}  // namespace mta_sts::trust
