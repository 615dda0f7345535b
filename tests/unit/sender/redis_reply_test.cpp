#include "sender/redis/redis_reply.hpp"

#include <gtest/gtest.h>

#include <array>

namespace mta_sts::sender {
namespace {

constexpr std::size_t limit = 70000;

TEST(RedisReply, CommandsHaveLengths) {
  const std::array<std::string_view, 3> words{"SET", std::string_view("a\r\nb\0c", 6), ""};
  EXPECT_EQ(render_redis_command(words), std::string("*3\r\n$3\r\nSET\r\n$6\r\na\r\nb\0c\r\n$0\r\n\r\n", 31));
}

TEST(RedisReply, ReadsEachKindBytewise) {
  RedisReplyReader reader(limit);
  std::vector<RedisReply> replies;
  for (const char byte : std::string_view("+OK\r\n-ERR no\r\n:12\r\n$3\r\na\nb\r\n$0\r\n\r\n$-1\r\n")) {
    reader.feed({&byte, 1});
    while (auto reply = reader.next()) {
      replies.push_back(*reply);
    }
  }
  ASSERT_EQ(replies.size(), 6U);
  EXPECT_FALSE(reader.is_broken());
  EXPECT_EQ(replies[0].kind, RedisReply::Kind::status);
  EXPECT_EQ(replies[0].text, "OK");
  EXPECT_EQ(replies[1].kind, RedisReply::Kind::error);
  EXPECT_EQ(replies[1].text, "ERR no");
  EXPECT_EQ(replies[2].kind, RedisReply::Kind::integer);
  EXPECT_EQ(replies[3].text, "a\nb");
  EXPECT_EQ(replies[4].kind, RedisReply::Kind::text);
  EXPECT_EQ(replies[5].kind, RedisReply::Kind::nothing);
}

TEST(RedisReply, RefusesWhatNoCommandOfOursIsAnsweredWith) {
  for (const std::string_view bytes : {
           "HTTP/1.1 400 Bad Request\r\n",
           "*2\r\n+a\r\n+b\r\n",
           "*4294967295\r\n",  // room for so many elements is never made
           "*0\r\n",
           "$abc\r\n",
           ":abc\r\n",
           "%1\r\n+a\r\n+b\r\n",  // of RESP3, as the others below
           ",1.5\r\n",
           "#t\r\n",
           "=6\r\ntxt:ab\r\n",
           ">1\r\n+a\r\n",
       }) {
    RedisReplyReader reader(limit);
    reader.feed(bytes);
    EXPECT_FALSE(reader.next()) << bytes;
    EXPECT_TRUE(reader.is_broken()) << bytes;
    reader.feed("+OK\r\n");
    EXPECT_FALSE(reader.next());  // for good
  }
}

TEST(RedisReply, TakesNoMoreThanItsLimit) {
  for (const std::string_view begin : {"$536870912\r\n", "$9223372036854775807\r\n", "+", "$"}) {
    RedisReplyReader reader(limit);
    reader.feed(begin);
    for (std::size_t bytes = 0; bytes <= limit && !reader.is_broken(); bytes += 1000) {
      reader.feed(std::string(1000, '1'));
      EXPECT_FALSE(reader.next());
    }
    EXPECT_TRUE(reader.is_broken()) << begin;
  }
}

TEST(RedisReply, CountsNotWhatIsRead) {
  RedisReplyReader reader(limit);
  const std::string reply = "$60000\r\n" + std::string(60000, 'x') + "\r\n";
  for (int i = 0; i < 5; ++i) {
    reader.feed(reply);
    ASSERT_TRUE(reader.next());
    EXPECT_FALSE(reader.next());
  }
  EXPECT_FALSE(reader.is_broken());
}

}  // namespace
}  // namespace mta_sts::sender
