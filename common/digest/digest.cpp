#include "digest/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <new>

#include "base/hex.hpp"

namespace mta_sts {
namespace {

std::string digest_hex(std::string_view bytes, const EVP_MD* method) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> value;
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), value.data(), &size, method, nullptr) != 1) {
    throw std::bad_alloc();
  }
  return text::to_hex(value.data(), size);
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  return digest_hex(bytes, EVP_sha256());
}

std::string sha512_hex(std::string_view bytes) {
  return digest_hex(bytes, EVP_sha512());
}

std::string hmac_sha256_hex(std::string_view key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> value;
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), value.data(),
           &size) == nullptr) {
    throw std::bad_alloc();
  }
  return text::to_hex(value.data(), size);
}

bool is_same_digest(std::string_view one, std::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace mta_sts
