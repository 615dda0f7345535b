#include "sender/dns/tlsa.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "base/handle.hpp"

namespace mta_sts::sender {
namespace {

/// Tells whether the data are a certificate or a public key, whole and nothing behind it.
bool is_der(const TlsaData& record) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(record.association.data());
  const unsigned char* const end = bytes + record.association.size();
  const auto length = static_cast<long>(record.association.size());
  bool whole = false;
  if (record.selector == 0) {
    const Handle<X509, X509_free> certificate(d2i_X509(nullptr, &bytes, length));
    whole = certificate && X509_get0_pubkey(certificate.get()) != nullptr;
  } else {
    const Handle<EVP_PKEY, EVP_PKEY_free> key(d2i_PUBKEY(nullptr, &bytes, length));
    whole = static_cast<bool>(key);
  }
  ERR_clear_error();  // a stranger's bytes leave nothing behind in this thread's list of errors
  return whole && bytes == end;
}

}  // namespace

bool is_usable_for_smtp(const TlsaData& record) {
  // RFC 7672 section 3.1.3: the PKIX usages 0 and 1 are not for SMTP.
  if ((record.usage != 2 && record.usage != 3) || record.selector > 1) {
    return false;
  }
  switch (record.matching_type) {
    case 0:
      return is_der(record);
    case 1:
      return record.association.size() == SHA256_DIGEST_LENGTH;
    case 2:
      return record.association.size() == SHA512_DIGEST_LENGTH;
    default:
      return false;
  }
}

}  // namespace mta_sts::sender
