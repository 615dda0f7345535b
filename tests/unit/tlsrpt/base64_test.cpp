#include "tlsrpt/read/base64.hpp"

#include <gtest/gtest.h>

namespace mta_sts::tlsrpt {
namespace {

TEST(Base64, IsReadAsMailHasIt) {
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("Zm9vYmFy"), "foobar");
  EXPECT_EQ(decode_base64("Zm9v\r\nYmFy\r\n"), "foobar");
  EXPECT_EQ(decode_base64("Zm9vYmE="), "fooba");
  EXPECT_EQ(decode_base64("Zm9vYg==\n"), "foob");
  EXPECT_EQ(decode_base64("Zm9\nvY g = =\n"), "foob");
  EXPECT_EQ(decode_base64("Z-m9v\xFFYmFy"), "foobar");
  EXPECT_EQ(decode_base64("+/+/"), "\xFB\xFF\xBF");
}

TEST(Base64, IsReadWithoutPaddingAndWithPaddingInIt) {
  EXPECT_EQ(decode_base64("Zm9vYmE"), "fooba");
  EXPECT_EQ(decode_base64("Zm9vYg"), "foob");
  EXPECT_EQ(decode_base64("Zm9vY"), "foo");
  EXPECT_EQ(decode_base64("Zg==Zg==\nZm9v"), "fffoo");
  EXPECT_EQ(decode_base64("Zg=Zm8="), "ffo");
  EXPECT_EQ(decode_base64("===="), "");
}

}  // namespace
}  // namespace mta_sts::tlsrpt
