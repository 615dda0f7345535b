#include "trust/chain.hpp"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/enum_names.hpp"
#include "base/guarded.hpp"
#include "base/handle.hpp"
#include "policy/dns_id.hpp"

namespace mta_sts::trust {
namespace {

constexpr int security_level = 2;
constexpr std::size_t faults_limit = 64;

using GeneralNames = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;

Flaw flaw_of(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return Flaw::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Flaw::not_yet_valid;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return Flaw::weak;
    case X509_V_ERR_INVALID_PURPOSE:
      return Flaw::wrong_purpose;
    case X509_V_ERR_HOSTNAME_MISMATCH:
      return Flaw::wrong_host;
    case X509_V_ERR_CERT_REVOKED:
      return Flaw::revoked;
    case X509_V_ERR_OUT_OF_MEM:
      return Flaw::no_memory;
    default:
      return Flaw::untrusted;
  }
}

// What the callback of one judgement fills.
struct Judgement {
  std::vector<ChainFault> faults;
  bool failed = false;  // memory ran out within the callback

  void add(int error, int depth) {
    const ChainFault fault{.flaw = flaw_of(error), .depth = depth, .error = error};
    const bool is_known = std::ranges::any_of(faults, [&](const ChainFault& known) {
      return known.flaw == fault.flaw && known.depth == fault.depth;
    });
    if (!is_known && faults.size() < faults_limit) {
      faults.push_back(fault);
    }
  }
};

int judgement_index() {
  static const int index = X509_STORE_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// Goes on behind a fault, so that all of them are found; the verdict is made of the faults.
int note_fault(int ok, X509_STORE_CTX* context) {
  if (ok == 1) {
    return 1;
  }
  auto& judgement = *static_cast<Judgement*>(X509_STORE_CTX_get_ex_data(context, judgement_index()));
  const bool noted = guarded(false, [&] {
    judgement.add(X509_STORE_CTX_get_error(context), X509_STORE_CTX_get_error_depth(context));
    return true;
  });
  judgement.failed = judgement.failed || !noted;
  return noted ? 1 : 0;
}

// The product's own reading of the names stands beside OpenSSL's: without CN and partial wildcards.
bool names_host(const X509* certificate, const std::string& host) {
  const std::vector<std::string> names = dns_names_of(certificate);
  const std::vector<std::string_view> views(names.begin(), names.end());
  return matches_dns_id(views, host);
}

bool set_rules(X509_VERIFY_PARAM* rules, const std::string& host) {
  X509_VERIFY_PARAM_set_auth_level(rules, std::max(X509_VERIFY_PARAM_get_auth_level(rules), security_level));
  X509_VERIFY_PARAM_set_hostflags(rules,
                                  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER) == 1 &&
         X509_VERIFY_PARAM_set_trust(rules, X509_TRUST_SSL_SERVER) == 1 &&
         X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
         (host.empty() || X509_VERIFY_PARAM_set1_host(rules, host.c_str(), host.size()) == 1);
}

}  // namespace

std::string_view to_string(Flaw flaw) {
  using enum Flaw;
  static constexpr auto words = enum_names<Flaw>({
      {untrusted, "untrusted"},
      {expired, "expired"},
      {not_yet_valid, "not-yet-valid"},
      {weak, "weak"},
      {wrong_purpose, "wrong-purpose"},
      {wrong_host, "wrong-host"},
      {revoked, "revoked"},
      {no_memory, "no-memory"},
  });
  return words[flaw];
}

std::vector<ChainFault> judge_chain(X509_STORE_CTX* context, const std::string& host) {
  Judgement judgement;
  if (!set_rules(X509_STORE_CTX_get0_param(context), host) || judgement_index() < 0 ||
      X509_STORE_CTX_set_ex_data(context, judgement_index(), &judgement) != 1) {
    judgement.add(X509_V_ERR_OUT_OF_MEM, 0);
    return judgement.faults;
  }
  X509_STORE_CTX_set_verify_cb(context, note_fault);
  const int result = X509_verify_cert(context);
  X509_STORE_CTX_set_ex_data(context, judgement_index(), nullptr);
  if (judgement.failed) {
    judgement.add(X509_V_ERR_OUT_OF_MEM, 0);
  } else if (result != 1 && judgement.faults.empty()) {
    const int error = X509_STORE_CTX_get_error(context);
    judgement.add(error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error, 0);
  }
  if (!host.empty() && !names_host(X509_STORE_CTX_get0_cert(context), host)) {
    judgement.add(X509_V_ERR_HOSTNAME_MISMATCH, 0);
  }
  X509_STORE_CTX_set_error(context, judgement.faults.empty() ? X509_V_OK : judgement.faults.front().error);
  return judgement.faults;
}

std::vector<std::string> dns_names_of(const X509* certificate) {
  std::vector<std::string> names;
  const GeneralNames all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) {
      names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                         static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    }
  }
  return names;
}

}  // namespace mta_sts::trust
