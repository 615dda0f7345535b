#include "tlsrpt/read/mail.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mta_sts::tlsrpt {
namespace {

TEST(Mail, BeginsWithAHeaderField) {
  for (const std::string_view field : {"From: a", "From:", "From \t: a", "X-\xC3\xBC: a", "a!b: c"}) {
    EXPECT_TRUE(looks_like_mail(field)) << field;
  }
  for (const std::string_view other :
       {"", ":", " From: a", "1: a", "-: a", "From", "From a: b", "Fr\x7Fom: a", "From\n: a", "F\x01: a"}) {
    EXPECT_FALSE(looks_like_mail(other)) << other;
  }
}

TEST(Mail, BoundsTheNameOfAField) {
  EXPECT_TRUE(looks_like_mail(std::string(128, 'a') + std::string(8, ' ') + ":"));
  EXPECT_FALSE(looks_like_mail(std::string(129, 'a') + ":"));
  EXPECT_FALSE(looks_like_mail(std::string(128, 'a') + std::string(9, ' ') + ":"));
  EXPECT_FALSE(looks_like_mail("a" + std::string(9, '\t') + ":"));
}

}  // namespace
}  // namespace mta_sts::tlsrpt
