#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <string>

#include "base/handle.hpp"

/// Certificates for tests.
namespace mta_sts::fakes {

using Key = Handle<EVP_PKEY, EVP_PKEY_free>;
using Certificate = Handle<X509, X509_free>;

inline Key make_key() {
  return Key(EVP_EC_gen("P-256"));
}

inline Key make_rsa_key(unsigned bits) {
  return Key(EVP_RSA_gen(bits));
}

struct CertificateSpec {
  std::string common_name = "mta-sts.example.com";
  std::string extensions = "DNS:mta-sts.example.com";  ///< subjectAltName as OpenSSL writes it; empty: none
  std::string usage = "serverAuth";
  long begins = -3600;
  long ends = 86400;
  bool authority = false;
  const EVP_MD* digest = EVP_sha256();
};

inline void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Handle<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  X509_add_ext(certificate, extension.get(), -1);
}

/// Makes a certificate; signed by itself where there is no issuer.
inline Certificate make_certificate(const CertificateSpec& spec, EVP_PKEY* key, X509* issuer = nullptr,
                                    EVP_PKEY* issuer_key = nullptr) {
  static std::atomic<long> serial{1};
  Certificate certificate(X509_new());
  X509* raw = certificate.get();
  X509_set_version(raw, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), serial++);
  X509_gmtime_adj(X509_getm_notBefore(raw), spec.begins);
  X509_gmtime_adj(X509_getm_notAfter(raw), spec.ends);
  X509_set_pubkey(raw, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(spec.common_name.c_str()), -1, -1, 0);
  X509* signer = issuer != nullptr ? issuer : raw;
  X509_set_issuer_name(raw, X509_get_subject_name(signer));
  add_extension(raw, signer, NID_basic_constraints, spec.authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (spec.authority) {
    add_extension(raw, signer, NID_subject_key_identifier, "hash");
  }
  if (issuer != nullptr) {
    add_extension(raw, signer, NID_authority_key_identifier, "keyid");
  }
  if (!spec.extensions.empty()) {
    add_extension(raw, signer, NID_subject_alt_name, spec.extensions);
  }
  if (!spec.usage.empty() && !spec.authority) {
    add_extension(raw, signer, NID_ext_key_usage, spec.usage);
  }
  X509_sign(raw, issuer_key != nullptr ? issuer_key : key, spec.digest);
  return certificate;
}

}  // namespace mta_sts::fakes
