// The certificates of a peer, as DER one after the other: read and judged without a fault, and believed for a
// host only where they are believed without one. The last of several is the trusted root.
#include <openssl/x509_vfy.h>

#include <algorithm>

#include "base/handle.hpp"
#include "fuzz/fuzz.hpp"
#include "trust/chain.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

namespace {

using Certificate = Handle<X509, X509_free>;

constexpr std::size_t certificates_limit = 8;

std::vector<Certificate> read_certificates(const std::uint8_t* data, std::size_t size) {
  std::vector<Certificate> certificates;
  const std::uint8_t* end = data + size;
  while (data < end && certificates.size() < certificates_limit) {
    Certificate certificate(d2i_X509(nullptr, &data, end - data));
    if (!certificate) {
      break;
    }
    certificates.push_back(std::move(certificate));
  }
  return certificates;
}

std::vector<trust::ChainFault> judge(const std::vector<Certificate>& certificates, const std::string& host) {
  const Handle<X509_STORE, X509_STORE_free> roots(X509_STORE_new());
  const Handle<STACK_OF(X509), [](STACK_OF(X509) * chain) { sk_X509_free(chain); }> chain(sk_X509_new_null());
  const bool has_root = certificates.size() > 1;
  for (const Certificate& certificate : certificates) {
    sk_X509_push(chain.get(), certificate.get());
  }
  if (has_root) {
    X509_STORE_add_cert(roots.get(), certificates.back().get());
  }
  const Handle<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  require(X509_STORE_CTX_init(context.get(), roots.get(), certificates.front().get(), chain.get()) == 1);
  const auto faults = trust::judge_chain(context.get(), host);
  require(has_root || !faults.empty());
  require((X509_STORE_CTX_get_error(context.get()) == X509_V_OK) == faults.empty());
  for (const trust::ChainFault& fault : faults) {
    require(fault.error != X509_V_OK && !trust::to_string(fault.flaw).empty());
  }
  return faults;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<Certificate> certificates = read_certificates(data, size);
  if (certificates.empty()) {
    return 0;
  }
  const std::vector<std::string> names = trust::dns_names_of(certificates.front().get());
  const auto without_host = judge(certificates, "");
  const auto with_host = judge(certificates, "mx.example.com");
  const auto is_wrong_host = [](const trust::ChainFault& fault) {
    return fault.flaw == trust::Flaw::wrong_host;
  };
  require(std::ranges::none_of(without_host, is_wrong_host));
  require(!names.empty() || std::ranges::any_of(with_host, is_wrong_host) ||
          with_host.size() > without_host.size());
  require(!with_host.empty() || without_host.empty());
  return 0;
}
