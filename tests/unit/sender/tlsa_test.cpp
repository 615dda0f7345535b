#include "sender/dns/tlsa.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/handle.hpp"

namespace mta_sts::sender {
namespace {

TlsaData record(std::uint8_t usage, std::uint8_t selector, std::uint8_t matching_type,
                std::string association) {
  return {.usage = usage,
          .selector = selector,
          .matching_type = matching_type,
          .association = std::move(association)};
}

/// The DER form of a fresh public key.
std::string public_key() {
  const Handle<EVP_PKEY, EVP_PKEY_free> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  unsigned char* bytes = nullptr;
  const int length = i2d_PUBKEY(key.get(), &bytes);
  std::string text(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(length));
  OPENSSL_free(bytes);
  return text;
}

TEST(Tlsa, IsUsableForUsagesOfMailWithDataThatFit) {  // RFC 7672 section 3.1
  for (const std::uint8_t usage : {std::uint8_t{2}, std::uint8_t{3}}) {
    for (const std::uint8_t selector : {std::uint8_t{0}, std::uint8_t{1}}) {
      EXPECT_TRUE(is_usable_for_smtp(record(usage, selector, 1, std::string(32, 'x'))));
      EXPECT_TRUE(is_usable_for_smtp(record(usage, selector, 2, std::string(64, 'x'))));
    }
  }
  EXPECT_TRUE(is_usable_for_smtp(record(3, 1, 0, public_key())));
}

TEST(Tlsa, IsUnusableOtherwise) {
  const std::string digest(32, 'x');
  EXPECT_FALSE(is_usable_for_smtp(record(0, 1, 1, digest)));  // PKIX-TA
  EXPECT_FALSE(is_usable_for_smtp(record(1, 1, 1, digest)));  // PKIX-EE
  EXPECT_FALSE(is_usable_for_smtp(record(4, 1, 1, digest)));
  EXPECT_FALSE(is_usable_for_smtp(record(3, 2, 1, digest)));
  EXPECT_FALSE(is_usable_for_smtp(record(3, 1, 3, digest)));
  EXPECT_FALSE(is_usable_for_smtp(record(3, 1, 1, digest + "x")));
  EXPECT_FALSE(is_usable_for_smtp(record(3, 1, 2, digest)));
  EXPECT_FALSE(is_usable_for_smtp(record(3, 1, 1, "")));
  EXPECT_FALSE(is_usable_for_smtp(record(3, 1, 0, "no key")));
  EXPECT_FALSE(is_usable_for_smtp(record(3, 0, 0, public_key())));  // a key is no certificate
  EXPECT_FALSE(is_usable_for_smtp(record(3, 1, 0, public_key() + "x")));
}

}  // namespace
}  // namespace mta_sts::sender
