// The digests against the examples of FIPS 180-4.
#include "digest/digest.hpp"

#include <gtest/gtest.h>

namespace mta_sts {
namespace {

TEST(Digest, GivesSha256) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex(std::string_view("\0", 1)),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

TEST(Digest, GivesSha512) {
  EXPECT_EQ(sha512_hex("abc"),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Digest, GivesHmacSha256) {  // RFC 4231 section 4.3, and a key as long as the block and longer
  EXPECT_EQ(hmac_sha256_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      hmac_sha256_hex(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, ComparesWholeTexts) {
  EXPECT_TRUE(is_same_digest("abc", "abc"));
  EXPECT_TRUE(is_same_digest("", ""));
  EXPECT_FALSE(is_same_digest("abc", "abd"));
  EXPECT_FALSE(is_same_digest("abc", "ab"));
  EXPECT_FALSE(is_same_digest("", "a"));
}

}  // namespace
}  // namespace mta_sts
