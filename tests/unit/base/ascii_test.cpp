#include "base/ascii.hpp"

#include <gtest/gtest.h>

namespace mta_sts {
namespace {

TEST(Ascii, ClassesHoldForEveryByte) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool upper = byte >= 'A' && byte <= 'Z';
    const bool lower = byte >= 'a' && byte <= 'z';
    const bool digit = byte >= '0' && byte <= '9';
    EXPECT_EQ(ascii::is_upper(c), upper) << byte;
    EXPECT_EQ(ascii::is_lower(c), lower) << byte;
    EXPECT_EQ(ascii::is_alpha(c), upper || lower) << byte;
    EXPECT_EQ(ascii::is_digit(c), digit) << byte;
    EXPECT_EQ(ascii::is_alnum(c), upper || lower || digit) << byte;
    EXPECT_EQ(ascii::is_blank(c), byte == 32 || byte == 9) << byte;
    EXPECT_EQ(ascii::is_control(c), byte < 32 || byte == 127) << byte;
    EXPECT_EQ(ascii::to_lower(c), upper ? static_cast<char>(byte + 32) : c) << byte;
  }
}

TEST(Ascii, LowersOnlyAsciiLetters) {
  EXPECT_EQ(ascii::to_lower("MX1.Example-_9"), "mx1.example-_9");
  EXPECT_EQ(ascii::to_lower("B\xC3\x9C"), "b\xC3\x9C");  // an umlaut's bytes stay
  EXPECT_EQ(ascii::to_lower(""), "");
  for (int byte = 0; byte < 256; ++byte) {  // eight at a time, and those behind them
    const char c = static_cast<char>(byte);
    EXPECT_EQ(ascii::to_lower(std::string(11, c)), std::string(11, ascii::to_lower(c))) << byte;
  }
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
