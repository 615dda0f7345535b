#include "base/cursor.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mta_sts::text {
namespace {

bool is_a(char c) {
  return c == 'a';
}

TEST(Cursor, TakesBytesAndWords) {
  Cursor cursor("ab:cd");
  EXPECT_FALSE(cursor.take('b'));
  EXPECT_TRUE(cursor.take('a'));
  EXPECT_FALSE(cursor.take("b:d"));
  EXPECT_EQ(cursor.offset(), 1U);  // what is not taken stays
  EXPECT_TRUE(cursor.take("b:"));
  EXPECT_EQ(cursor.rest(), "cd");
  EXPECT_FALSE(cursor.take("cde"));  // longer than the rest
  EXPECT_TRUE(cursor.take("cd"));
  EXPECT_TRUE(cursor.at_end());
}

TEST(Cursor, StopsAtTheEnd) {
  Cursor cursor("");
  EXPECT_TRUE(cursor.at_end());
  EXPECT_FALSE(cursor.sees('\0'));
  EXPECT_FALSE(cursor.take('a'));
  EXPECT_TRUE(cursor.take(""));  // nothing is always there
  EXPECT_EQ(cursor.take_while([](char) { return true; }), "");
}

TEST(Cursor, TakesWhileWithALimit) {
  Cursor cursor("aaab");
  EXPECT_EQ(cursor.take_while(is_a, 2), "aa");
  EXPECT_EQ(cursor.take_while(is_a), "a");
  EXPECT_EQ(cursor.take_while(is_a), "");
  EXPECT_TRUE(cursor.sees('b'));
}

TEST(Cursor, ReadsANulAsAnyByte) {
  Cursor cursor(std::string_view("a\0b", 3));
  EXPECT_TRUE(cursor.take('a'));
  EXPECT_TRUE(cursor.take('\0'));
  EXPECT_EQ(cursor.rest(), "b");
}

TEST(Cursor, CountsLinesAndColumnsFromOne) {
  const Cursor cursor("ab\r\nc\n\nd");
  EXPECT_EQ(cursor.position_of(0), (Position{1, 1}));
  EXPECT_EQ(cursor.position_of(3), (Position{1, 4}));  // the LF itself ends line 1
  EXPECT_EQ(cursor.position_of(4), (Position{2, 1}));
  EXPECT_EQ(cursor.position_of(6), (Position{3, 1}));
  EXPECT_EQ(cursor.position_of(7), (Position{4, 1}));
  EXPECT_EQ(cursor.position_of(99), (Position{4, 2}));  // behind the end: where the text ends
}

}  // namespace
}  // namespace mta_sts::text
