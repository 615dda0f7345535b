#include "tlsrpt/model/text_limits.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/utf8.hpp"
#include "tlsrpt/history/postgres_text.hpp"

namespace mta_sts::tlsrpt {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) {
    text.remove_prefix(text::decode_utf8(text).value().length);
  }
  return count;
}

TEST(TextLimits, KeepsWhatFits) {
  EXPECT_FALSE(cut_text("", name_limit));
  EXPECT_FALSE(cut_text(std::string(name_limit, 'x'), name_limit));
  EXPECT_FALSE(cut_text(repeated("\xF0\x9F\x92\xA9", name_limit), name_limit));  // four bytes each
  EXPECT_FALSE(cut_text(std::string(84, '\0') + "x", name_limit));               // three characters each
}

TEST(TextLimits, CutsWhatIsLongerToWhatAHistoryOnAServerTakes) {
  for (const std::string& one : {std::string("x"), std::string("\xF0\x9F\x92\xA9"), std::string("\0", 1),
                                 std::string("\x1A"), std::string("\xFF"), std::string("\xF0\x9F\x92")}) {
    for (const std::size_t limit : {name_limit, sender_limit, text_limit}) {
      const auto cut = cut_text(repeated(one, limit + 1), limit);
      ASSERT_TRUE(cut);
      EXPECT_LE(characters(to_postgres_text(*cut)), limit);
      EXPECT_GT(characters(to_postgres_text(*cut)), limit - 9);
      EXPECT_FALSE(cut_text(*cut, limit));
    }
  }
}

TEST(TextLimits, LeavesDifferentTextsDifferent) {
  const std::string text(1'000'000, 'x');
  const auto first = cut_text(text + "1", name_limit);
  const auto second = cut_text(text + "2", name_limit);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->substr(0, name_limit - 16), std::string(name_limit - 19, 'x') + "...");
  EXPECT_NE(*first, *second);
  EXPECT_EQ(first, cut_text(text + "1", name_limit));
}

}  // namespace
}  // namespace mta_sts::tlsrpt
