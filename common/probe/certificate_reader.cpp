#include "probe/certificate_reader.hpp"

#include <algorithm>
#include <new>

#include "base/handle.hpp"
#include "digest/digest.hpp"
#include "trust/chain.hpp"

namespace mta_sts::probe {
namespace {

using check::CertificateFact;

constexpr std::size_t names_limit = 1000;
constexpr int chain_limit = 20;
constexpr std::size_t known_limit = 256;
constexpr std::chrono::milliseconds fresh_for{10000};

void free_der(unsigned char* der) {
  OPENSSL_free(der);
}

// What an i2d function made; it fails only when memory runs out.
std::string to_string_and_free(unsigned char* der, int size) {
  const Handle<unsigned char, free_der> owned(der);
  if (size < 0) {
    throw std::bad_alloc();
  }
  return {reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)};
}

std::string der_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  return to_string_and_free(der, size);
}

std::string key_der_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  return to_string_and_free(der, size);
}

// Both digests of both selectors, as TLSA records of this usage would have them. RFC 6698 section 2.1.
void add_tlsa_forms(std::vector<std::string>& forms, char usage, X509* certificate) {
  const std::string der = der_of(certificate);
  const std::string key = key_der_of(certificate);
  const std::string prefix(1, usage);
  forms.push_back(prefix + " 0 1 " + sha256_hex(der));
  forms.push_back(prefix + " 0 2 " + sha512_hex(der));
  forms.push_back(prefix + " 1 1 " + sha256_hex(key));
  forms.push_back(prefix + " 1 2 " + sha512_hex(key));
}

std::string common_name_of(X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) {
    return "";
  }
  const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string text_of(const X509_NAME* name) {
  const Handle<BIO, BIO_free_all> memory(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : "";
}

std::string key_of(X509* certificate) {
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) {
    return "unknown";
  }
  char curve[64] = "";
  if (EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, curve, sizeof curve, nullptr) == 1) {
    return std::string("EC ") + curve;
  }
  const char* type = EVP_PKEY_get0_type_name(key);
  return std::string(type == nullptr ? "unknown" : type) + " " + std::to_string(EVP_PKEY_get_bits(key));
}

std::string signature_of(const X509* certificate) {
  const char* name = OBJ_nid2ln(X509_get_signature_nid(certificate));
  return name == nullptr ? "unknown" : name;
}

std::chrono::sys_seconds time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    return {};
  }
  const std::chrono::year_month_day day{std::chrono::year(parts.tm_year + 1900),
                                        std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
                                        std::chrono::day(static_cast<unsigned>(parts.tm_mday))};
  return std::chrono::sys_days(day) + std::chrono::hours(parts.tm_hour) + std::chrono::minutes(parts.tm_min) +
         std::chrono::seconds(parts.tm_sec);
}

check::ChainFact to_fact(const trust::ChainFault& fault, X509* certificate) {
  check::ChainFact fact;
  fact.flaw = trust::to_string(fault.flaw);
  fact.depth = static_cast<std::size_t>(std::max(fault.depth, 0));
  fact.error = X509_verify_cert_error_string(fault.error);
  if (certificate != nullptr) {
    fact.subject = text_of(X509_get_subject_name(certificate));
    fact.not_before = time_of(X509_get0_notBefore(certificate));
    fact.not_after = time_of(X509_get0_notAfter(certificate));
  }
  return fact;
}

// By the sender's own rules; names are for the checks, which know the host.
void judge_chain(CertificateFact& fact, X509* leaf, STACK_OF(X509) * chain, X509_STORE* roots) {
  const Handle<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  if (!context || X509_STORE_CTX_init(context.get(), roots, leaf, chain) != 1) {
    fact.trust_error = "the chain cannot be judged";
    return;
  }
  fact.trusted = true;
  for (const trust::ChainFault& fault : trust::judge_chain(context.get(), "")) {
    const STACK_OF(X509)* built = X509_STORE_CTX_get0_chain(context.get());
    const bool is_built = built != nullptr && fault.depth >= 0 && fault.depth < sk_X509_num(built);
    fact.chain.push_back(to_fact(fault, is_built ? sk_X509_value(built, fault.depth) : nullptr));
    const bool passes_without_dates = fault.flaw == trust::Flaw::expired ||
                                      fault.flaw == trust::Flaw::not_yet_valid ||
                                      fault.flaw == trust::Flaw::weak;
    if (!passes_without_dates && fact.trusted) {
      fact.trusted = false;
      fact.trust_error = fact.chain.back().error;
    }
  }
}

CertificateFact read_chain(STACK_OF(X509) * chain, X509_STORE* roots) {
  X509* leaf = sk_X509_value(chain, 0);
  CertificateFact fact;
  fact.dns_names = trust::dns_names_of(leaf);
  fact.dns_names.resize(std::min(fact.dns_names.size(), names_limit));
  fact.common_name = common_name_of(leaf);
  fact.issuer = text_of(X509_get_issuer_name(leaf));
  fact.key = key_of(leaf);
  fact.signature = signature_of(leaf);
  fact.not_before = time_of(X509_get0_notBefore(leaf));
  fact.not_after = time_of(X509_get0_notAfter(leaf));
  fact.sent = static_cast<std::size_t>(sk_X509_num(chain));
  fact.sha256 = sha256_hex(der_of(leaf));
  add_tlsa_forms(fact.tlsa_forms, '3', leaf);
  for (int i = 1; i < sk_X509_num(chain) && i < chain_limit; ++i) {
    add_tlsa_forms(fact.tlsa_forms, '2', sk_X509_value(chain, i));
  }
  judge_chain(fact, leaf, chain, roots);
  return fact;
}

std::string digest_of(STACK_OF(X509) * chain) {
  std::string all;
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    all += der_of(sk_X509_value(chain, i));
  }
  return sha256_hex(all);
}

}  // namespace

std::optional<CertificateFact> ChainReader::read(STACK_OF(X509) * chain) {
  if (chain == nullptr || sk_X509_num(chain) == 0) {
    return std::nullopt;
  }
  const std::shared_ptr<Known> entry = known(digest_of(chain));
  const std::lock_guard lock(entry->mutex);
  if (!entry->fact || entry->fresh.passed()) {
    entry->fact = read_chain(chain, roots_.get());
    entry->fresh = Deadline::in(fresh_for);
  }
  return entry->fact;
}

std::shared_ptr<ChainReader::Known> ChainReader::known(const std::string& chain) {
  const std::lock_guard lock(mutex_);
  if (known_.size() >= known_limit && !known_.contains(chain)) {
    known_.clear();  // who reads one of them still has it
  }
  std::shared_ptr<Known>& entry = known_[chain];
  if (!entry) {
    entry = std::make_shared<Known>();
  }
  return entry;
}

}  // namespace mta_sts::probe
