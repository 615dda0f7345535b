#include "trust/roots.hpp"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/guarded.hpp"
#include "file/read_file.hpp"

namespace mta_sts::trust {
namespace {

constexpr std::size_t file_limit_bytes = std::size_t{16} * 1024 * 1024;

using Bytes = Handle<unsigned char, [](unsigned char* bytes) { OPENSSL_free(bytes); }>;
using Text = Handle<char, [](char* text) { OPENSSL_free(text); }>;

// Steps over one DER value at `at`, or into it, and gives whether it stood there whole.
bool step(const unsigned char*& at, const unsigned char* end, bool into) {
  long length = 0;
  int tag = 0;
  int tag_class = 0;
  const unsigned char* content = at;
  if (content >= end || (ASN1_get_object(&content, &length, &tag, &tag_class, end - at) & 0x80) != 0) {
    return false;
  }
  at = into ? content : content + length;
  return true;
}

// Finds the subject of a certificate without decoding the rest. RFC 5280 section 4.1.
std::optional<unsigned long> subject_hash(const unsigned char* der, long size) {
  const unsigned char* at = der;
  const unsigned char* end = der + size;
  if (!step(at, end, true) || !step(at, end, true)) {  // Certificate, TBSCertificate
    return std::nullopt;
  }
  constexpr unsigned char version_tag = 0xA0;
  if (at < end && *at == version_tag && !step(at, end, false)) {
    return std::nullopt;
  }
  for (int field = 0; field < 4; ++field) {  // serialNumber, signature, issuer, validity
    if (!step(at, end, false)) {
      return std::nullopt;
    }
  }
  const Handle<X509_NAME, X509_NAME_free> subject(d2i_X509_NAME(nullptr, &at, end - at));
  int is_hashed = 0;
  const unsigned long hash = subject ? X509_NAME_hash_ex(subject.get(), nullptr, nullptr, &is_hashed) : 0;
  return is_hashed == 1 ? std::optional(hash) : std::nullopt;
}

// The roots that no chain has led to yet.
class Waiting {
 public:
  // False: the bytes are no certificate.
  bool add(Bytes der, long size, bool has_trust) {
    const auto hash = subject_hash(der.get(), size);
    if (!hash) {
      return false;
    }
    roots_.emplace(*hash, Root{.der = std::move(der), .size = size, .has_trust = has_trust});
    return true;
  }

  [[nodiscard]] bool empty() const { return roots_.empty(); }

  // Moves those of a name into the store; one that cannot be decoded is no root.
  void load(X509_STORE* store, const X509_NAME* name) {
    int is_hashed = 0;
    const unsigned long hash = X509_NAME_hash_ex(name, nullptr, nullptr, &is_hashed);
    if (is_hashed != 1) {
      return;
    }
    const std::lock_guard lock(mutex_);
    const auto [first, last] = roots_.equal_range(hash);
    for (auto at = first; at != last; ++at) {
      const Root& root = at->second;
      const unsigned char* der = root.der.get();
      const Handle<X509, X509_free> certificate(root.has_trust ? d2i_X509_AUX(nullptr, &der, root.size)
                                                               : d2i_X509(nullptr, &der, root.size));
      if (certificate) {
        X509_STORE_add_cert(store, certificate.get());
      }
    }
    roots_.erase(first, last);
  }

 private:
  struct Root {
    Bytes der;
    long size = 0;
    bool has_trust = false;  // "TRUSTED CERTIFICATE": with OpenSSL's own settings behind it
  };

  std::mutex mutex_;
  std::unordered_multimap<unsigned long, Root> roots_;
};

void free_waiting(void*, void* waiting, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Waiting*>(waiting);
}

// The store owns its waiting roots: whoever has a reference to it may still ask for them.
int waiting_index() {
  static const int index = X509_STORE_get_ex_new_index(0, nullptr, nullptr, nullptr, free_waiting);
  return index;
}

void load(X509_STORE_CTX* context, const X509_NAME* name) {
  X509_STORE* store = X509_STORE_CTX_get0_store(context);
  auto* waiting = static_cast<Waiting*>(X509_STORE_get_ex_data(store, waiting_index()));
  guarded_void([&] { waiting->load(store, name); });
}

int get_issuer(X509** issuer, X509_STORE_CTX* context, X509* certificate) {
  load(context, X509_get_issuer_name(certificate));
  return X509_STORE_CTX_get1_issuer(issuer, context, certificate);
}

STACK_OF(X509) * get_certificates(X509_STORE_CTX* context, const X509_NAME* name) {
  load(context, name);
  return X509_STORE_CTX_get1_certs(context, name);
}

// Reads every certificate of the text. False: a block of it is damaged.
bool read_all(BIO* text, Waiting& waiting) {
  while (true) {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (PEM_read_bio(text, &name, &header, &data, &size) != 1) {
      const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
      ERR_clear_error();
      return is_end;
    }
    const Text owned_name(name);
    const Text owned_header(header);
    Bytes owned_data(data);
    const std::string_view kind = name;
    const bool has_trust = kind == PEM_STRING_X509_TRUSTED;
    if ((has_trust || kind == PEM_STRING_X509 || kind == PEM_STRING_X509_OLD) &&
        !waiting.add(std::move(owned_data), size, has_trust)) {
      return false;
    }
  }
}

std::unexpected<Fault> unreadable(const std::string& path, const std::string& why) {
  return std::unexpected(Fault{"ca-unreadable", "no trusted roots in " + path + ": " + why});
}

}  // namespace

std::expected<RootStore, Fault> read_roots(const std::string& path) {
  const auto text = read_file(path, file_limit_bytes);
  if (!text) {
    return unreadable(path, text.error().detail + "; install ca-certificates or name another with --ca");
  }
  auto waiting = std::make_unique<Waiting>();
  const Handle<BIO, BIO_free_all> memory(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  if (!memory || !read_all(memory.get(), *waiting)) {
    return unreadable(path, "a certificate in it is damaged");
  }
  if (waiting->empty()) {
    return unreadable(path, "it must be PEM; name another with --ca");
  }
  RootStore store(X509_STORE_new());
  if (!store || waiting_index() < 0 ||
      X509_STORE_set_ex_data(store.get(), waiting_index(), waiting.get()) != 1) {
    return unreadable(path, "no memory");
  }
  (void)waiting.release();  // the store's now
  X509_STORE_set_get_issuer(store.get(), get_issuer);
  X509_STORE_set_lookup_certs(store.get(), get_certificates);
  return store;
}

}  // namespace mta_sts::trust
