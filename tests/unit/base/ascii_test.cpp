#include "base/ascii.hpp"

#include <gtest/gtest.h>

namespace mta_sts {
namespace {

TEST(Ascii, ClassesHoldForEveryOctet) {
  for (int octet = 0; octet < 256; ++octet) {
    const char c = static_cast<char>(octet);
    const bool upper = octet >= 'A' && octet <= 'Z';
    const bool lower = octet >= 'a' && octet <= 'z';
    const bool digit = octet >= '0' && octet <= '9';
    EXPECT_EQ(ascii::is_upper(c), upper) << octet;
    EXPECT_EQ(ascii::is_lower(c), lower) << octet;
    EXPECT_EQ(ascii::is_alpha(c), upper || lower) << octet;
    EXPECT_EQ(ascii::is_digit(c), digit) << octet;
    EXPECT_EQ(ascii::is_alnum(c), upper || lower || digit) << octet;
    EXPECT_EQ(ascii::is_blank(c), octet == 32 || octet == 9) << octet;
    EXPECT_EQ(ascii::is_control(c), octet < 32 || octet == 127) << octet;
    EXPECT_EQ(ascii::to_lower(c), upper ? static_cast<char>(octet + 32) : c) << octet;
  }
}

TEST(Ascii, LowersOnlyAsciiLetters) {
  EXPECT_EQ(ascii::to_lower("MX1.Example-_9"), "mx1.example-_9");
  EXPECT_EQ(ascii::to_lower("B\xC3\x9C"), "b\xC3\x9C");  // an umlaut's octets stay
  EXPECT_EQ(ascii::to_lower(""), "");
}

TEST(Ascii, ComparesWithoutCase) {
  EXPECT_TRUE(ascii::equals_ignoring_case("MaIl", "mAiL"));
  EXPECT_TRUE(ascii::equals_ignoring_case("", ""));
  EXPECT_FALSE(ascii::equals_ignoring_case("mail", "mai"));
  EXPECT_FALSE(ascii::equals_ignoring_case("@", "`"));        // 32 apart, but no letters
  EXPECT_FALSE(ascii::equals_ignoring_case("\xC3", "\xE3"));  // 32 apart, not ASCII
  EXPECT_FALSE(ascii::equals_ignoring_case(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

TEST(Ascii, FindsAPrefixWithoutCase) {
  EXPECT_TRUE(ascii::starts_with_ignoring_case("MTA-STS.example", "mta-sts."));
  EXPECT_TRUE(ascii::starts_with_ignoring_case("x", ""));
  EXPECT_FALSE(ascii::starts_with_ignoring_case("mta", "mta-sts."));
  EXPECT_FALSE(ascii::starts_with_ignoring_case("mta_sts.", "mta-sts."));
}

TEST(Ascii, TrimsSpaceAndTabAlone) {
  EXPECT_EQ(ascii::trim_blanks(" \t a b\t "), "a b");
  EXPECT_EQ(ascii::trim_blanks("  "), "");
  EXPECT_EQ(ascii::trim_blanks(""), "");
  EXPECT_EQ(ascii::trim_blanks("\r\na\v"), "\r\na\v");  // no other white space
  EXPECT_EQ(ascii::trim_blanks("\xC2\xA0"
                               "a"),
            "\xC2\xA0"
            "a");  // U+00A0 is no blank
}

}  // namespace
}  // namespace mta_sts
