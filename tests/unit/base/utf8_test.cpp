#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace mta_sts::text {
namespace {

using namespace std::string_view_literals;

void good(std::string_view bytes, char32_t code_point) {
  const auto character = decode_utf8(bytes);
  ASSERT_TRUE(character);
  EXPECT_EQ(character->code_point, code_point);
  EXPECT_EQ(character->length, bytes.size());
  EXPECT_EQ(find_invalid_utf8(bytes), std::nullopt);
}

void bad(std::string_view bytes) {
  EXPECT_FALSE(decode_utf8(bytes)) << escape_for_display(bytes);
  EXPECT_EQ(find_invalid_utf8(bytes),
            std::optional<std::size_t>(bytes.empty() ? std::nullopt : std::optional(std::size_t{0})));
}

TEST(Utf8, DecodesTheEndsOfEachLength) {  // R34
  good("\0"sv, 0x0);
  good("\x7F", 0x7F);
  good("\xC2\x80", 0x80);
  good("\xDF\xBF", 0x7FF);
  good("\xE0\xA0\x80", 0x800);
  good("\xED\x9F\xBF", 0xD7FF);
  good("\xEE\x80\x80", 0xE000);
  good("\xEF\xBF\xBF", 0xFFFF);
  good("\xF0\x90\x80\x80", 0x10000);
  good("\xF4\x8F\xBF\xBF", 0x10FFFF);
}

TEST(Utf8, RefusesWhatRfc3629DoesNotAllow) {
  bad("");
  bad("\x80");  // continuation alone
  bad("\xBF");
  bad("\xC0\x80");  // overlong NUL
  bad("\xC1\xBF");
  bad("\xE0\x9F\xBF");      // overlong
  bad("\xF0\x8F\xBF\xBF");  // overlong
  bad("\xED\xA0\x80");      // surrogate
  bad("\xED\xBF\xBF");
  bad("\xF4\x90\x80\x80");  // above U+10FFFF
  bad("\xF8\x88\x80\x80\x80");
  bad("\xFE");
  bad("\xFF");
  bad("\xC3");  // cut off
  bad("\xE4\xB8");
  bad("\xF0\x9F\x93");
  bad("\xC3(");  // no continuation
  bad("\xE4\xB8(");
}

TEST(Utf8, FindsTheFirstInvalidByte) {
  EXPECT_EQ(find_invalid_utf8(""), std::nullopt);
  EXPECT_EQ(find_invalid_utf8("gr\xC3\xBC\xC3\x9F"
                              "e"),
            std::nullopt);
  EXPECT_EQ(find_invalid_utf8("caf\xE9 x"), 3U);
  EXPECT_EQ(find_invalid_utf8("\xC3\xBC\xC3"), 2U);
}

TEST(EscapeForDisplay, ShowsPlainTextAsItIs) {
  EXPECT_EQ(escape_for_display("mx=mail.example.com"), "mx=mail.example.com");
  EXPECT_EQ(escape_for_display("b\xC3\xBC"
                               "cher \xE4\xB8\xAD"),
            "b\xC3\xBC"
            "cher \xE4\xB8\xAD");
}

TEST(EscapeForDisplay, HidesWhatATerminalOrALogObeys) {
  EXPECT_EQ(escape_for_display("a\x1B[31m\r\nb\0"sv), "a\\x1b[31m\\x0d\\x0ab\\x00");
  EXPECT_EQ(escape_for_display("\x7F\t"), "\\x7f\\x09");
  EXPECT_EQ(escape_for_display("\xC2\x85\xC2\x9B"), "\\u{0085}\\u{009b}");          // C1: NEL, CSI
  EXPECT_EQ(escape_for_display("\xE2\x80\xA8\xE2\x80\xA9"), "\\u{2028}\\u{2029}");  // separators
  EXPECT_EQ(escape_for_display("\xE2\x80\xAE"
                               "a\xE2\x81\xA6"),
            "\\u{202e}a\\u{2066}");  // bidirectional
  EXPECT_EQ(escape_for_display("a\xE2\x80\x8B"
                               "b\xEF\xBB\xBF"),
            "a\\u{200b}b\\u{feff}");                                // invisible
  EXPECT_EQ(escape_for_display("\xF3\xA0\x81\x81"), "\\u{e0041}");  // tag characters
}

TEST(EscapeForDisplay, ShowsBytesThatAreNoText) {
  EXPECT_EQ(escape_for_display("caf\xE9"), "caf\\xe9");
  EXPECT_EQ(escape_for_display("\xED\xA0\x80"), "\\xed\\xa0\\x80");
}

TEST(EscapeForDisplay, CannotBeTakenForAnotherText) {
  EXPECT_EQ(escape_for_display("\\x1b"), "\\\\x1b");
}

TEST(EscapeForDisplay, CutsLongText) {
  EXPECT_EQ(escape_for_display("abcdef", 3), "abc...");
  EXPECT_EQ(escape_for_display("abc", 3), "abc");
  EXPECT_EQ(escape_for_display("ab\xC3\xBC"
                               "d",
                               3),
            "ab\xC3\xBC...");  // not inside a character
}

TEST(QuoteForDisplay, QuotesAndEscapes) {
  EXPECT_EQ(quote_for_display("a\nb"), "\"a\\x0ab\"");
  EXPECT_EQ(quote_for_display("abc", 2), "\"ab...\"");
  EXPECT_EQ(quote_for_display(""), "\"\"");
}

}  // namespace
}  // namespace mta_sts::text
