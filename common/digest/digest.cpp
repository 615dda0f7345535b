#include "digest/digest.hpp"

#include <openssl/evp.h>

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

}  // namespace mta_sts
