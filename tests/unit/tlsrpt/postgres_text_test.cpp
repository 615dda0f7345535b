#include "tlsrpt/history/postgres_text.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/utf8.hpp"

namespace mta_sts::tlsrpt {
namespace {

TEST(PostgresText, GivesAnyBytesBackAndWritesNothingThatPostgresqlRefuses) {
  for (const std::string& bytes :
       {std::string(), std::string("plain"), std::string("\0", 1), std::string("\x1A"),
        std::string("a\0b\x1A"
                    "00",
                    6),
        std::string("\xFF\xC0\x80"), std::string("\xED\xA0\x80"), std::string("\xF4\x90\x80\x80"),
        std::string("\xC3\xBC\xF0\x9F\x98\x80"), std::string("cut \xF0\x9F\x98")}) {
    const std::string text = to_postgres_text(bytes);
    EXPECT_FALSE(text::find_invalid_utf8(text));
    EXPECT_EQ(text.find('\0'), std::string::npos);
    EXPECT_EQ(from_postgres_text(text), bytes);
    EXPECT_EQ(is_plain_postgres_text(text), text == bytes);
  }
}

TEST(PostgresText, LeavesAMarkThatNobodyOfOursWroteAsItIs) {
  for (const char* text : {"\x1A",
                           "\x1A"
                           "0",
                           "\x1A"
                           "0g",
                           "\x1A"
                           "FF",
                           "x\x1A"}) {
    EXPECT_EQ(from_postgres_text(text), text);
  }
}

TEST(PostgresText, TakesAsLongForHostileTextAsForAnyOther) {
  const std::string bytes(2'000'000, '\0');
  EXPECT_EQ(to_postgres_text(bytes).size(), 3 * bytes.size());
}

TEST(PostgresColumns, MakeAnArrayOfEachColumn) {
  PostgresColumns columns(3);
  EXPECT_TRUE(columns.empty());
  columns.bind(std::int64_t{-1}).bind("a\"b\\c,{}").bind_count(UINT64_MAX);
  columns.bind(std::int64_t{2}).bind("NULL").bind_count(0);
  EXPECT_FALSE(columns.empty());
  EXPECT_EQ(columns.take(),
            (std::vector<std::string>{"{-1,2}", R"({"a\"b\\c,{}","NULL"})", "{18446744073709551615,0}"}));
  EXPECT_TRUE(columns.empty());
  EXPECT_EQ(columns.take(), (std::vector<std::string>{"{}", "{}", "{}"}));
}

}  // namespace
}  // namespace mta_sts::tlsrpt
