#include "trust/chain_pem.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <limits>
#include <utility>

#include "base/handle.hpp"

namespace mta_sts::trust {
namespace {

using Certificate = Handle<X509, X509_free>;
using Certificates = Handle<STACK_OF(X509), [](STACK_OF(X509) * all) { sk_X509_pop_free(all, X509_free); }>;

// A certificate is no secret, so none of its blocks is encrypted: nobody is asked for a passphrase.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

// Nothing where no further certificate stands there; ERR_peek_last_error() then says whether the text ended.
Certificate read_next(BIO* text) {
  return Certificate(PEM_read_bio_X509(text, nullptr, no_passphrase, nullptr));
}

}  // namespace

std::vector<ChainFault> judge_chain_pem(std::string_view pem, X509_STORE* roots, const std::string& host,
                                        std::chrono::sys_seconds at) {
  const std::vector<ChainFault> no_chain = {{.flaw = Flaw::untrusted}};
  if (pem.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return no_chain;
  }
  const Handle<BIO, BIO_free_all> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Certificates above(sk_X509_new_null());
  const Handle<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  if (!text || !above || !context) {
    return {{.flaw = Flaw::no_memory}};
  }
  const Certificate own = read_next(text.get());
  while (Certificate next = own ? read_next(text.get()) : Certificate()) {
    if (sk_X509_push(above.get(), next.get()) == 0) {
      return {{.flaw = Flaw::no_memory}};
    }
    (void)next.release();  // the stack's now
  }
  const bool is_whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!own || !is_whole) {
    return no_chain;
  }
  if (X509_STORE_CTX_init(context.get(), roots, own.get(), above.get()) != 1) {
    return {{.flaw = Flaw::no_memory}};
  }
  X509_STORE_CTX_set_time(context.get(), 0, static_cast<time_t>(at.time_since_epoch().count()));
  return judge_chain(context.get(), host);
}

}  // namespace mta_sts::trust
