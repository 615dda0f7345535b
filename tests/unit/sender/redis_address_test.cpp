#include "sender/redis/redis_address.hpp"

#include <gtest/gtest.h>

namespace mta_sts::sender {
namespace {

struct Expected {
  std::string host = {};
  std::uint16_t port = 6379;
  std::string path = {};
  bool tls = false;
  std::string user = {};
  std::string password = {};
  unsigned database = 0;
};

RedisAddress is(const Expected& expected) {
  const auto& [host, port, path, tls, user, password, database] = expected;
  return {.host = host,
          .port = port,
          .path = path,
          .tls = tls,
          .user = user,
          .password = password,
          .database = database};
}

RedisAddress read(std::string_view url) {
  const auto address = parse_redis_address(url);
  EXPECT_TRUE(address) << url << ": " << (address ? "" : address.error());
  return address.value_or(RedisAddress());
}

TEST(RedisAddress, ReadsWhatOtherClientsRead) {
  EXPECT_EQ(read("redis://cache.example"), is({.host = "cache.example"}));
  EXPECT_EQ(read("redis://Cache.Example:7000/3"), is({.host = "cache.example", .port = 7000, .database = 3}));
  EXPECT_EQ(read("redis://192.0.2.1/"), is({.host = "192.0.2.1"}));
  EXPECT_EQ(read("rediss://[2001:DB8::1]:6380"), is({.host = "2001:db8::1", .port = 6380, .tls = true}));
  EXPECT_EQ(read("valkeys://a.example"), is({.host = "a.example", .tls = true}));
  EXPECT_EQ(read("redis://:secret@localhost"), is({.host = "localhost", .password = "secret"}));
  EXPECT_EQ(read("redis://sts:p%40%3a%25@a.example"),
            is({.host = "a.example", .user = "sts", .password = "p@:%"}));
  EXPECT_EQ(read("unix:///run/redis/redis.sock"), is({.path = "/run/redis/redis.sock"}));
  EXPECT_EQ(read("redis+unix://:a/b@/run/r.sock?db=2"),
            is({.path = "/run/r.sock", .password = "a/b", .database = 2}));
  EXPECT_EQ(read("unix:///run/a@b.sock"), is({.path = "/run/a@b.sock"}));
}

TEST(RedisAddress, RefusesTheRestAndShowsNoPassword) {
  for (const std::string_view url : {
           "",
           "cache.example:6379",            // no scheme
           "http://cache.example",          // another one
           "redis://",                      // no host
           "redis://secret@a.example",      // user or password? clients differ
           "redis://:@a.example",           // empty
           "redis://:secret@b@a.example",   // two
           "redis://:secret%4@a.example",   // half a character
           "redis://:secret%00@a.example",  // NUL
           "redis://:secret a@a.example",   // a blank
           "redis://a.example:0",           // no port
           "redis://a.example:65536",       // too great
           "redis://a.example:secret",      // a password without its @
           "redis://a.example/x",           // no number
           "redis://a.example/1/2",         // more than one
           "redis://a.example/65536",       // too great
           "redis://a.example?db=1",        // of Unix sockets
           "redis://2001:db8::1",           // no brackets
           "redis://[192.0.2.1]",           // brackets
           "redis://[2001:db8::1",          // one of them
           "redis://a_b.example",           // no host name
           "redis://a.example#secret",      // a fragment
           "unix://run/redis.sock",         // not absolute
           "unix:///",                      // a folder
           "unix:///run/redis.sock?x=1",    // unknown
       }) {
    const auto address = parse_redis_address(url);
    ASSERT_FALSE(address) << url;
    EXPECT_EQ(address.error().find("secret"), std::string::npos) << url;
  }
  EXPECT_FALSE(parse_redis_address("unix:///" + std::string(107, 'a')));
  EXPECT_TRUE(parse_redis_address("unix:///" + std::string(106, 'a')));
}

TEST(RedisAddress, IsShownWithoutUserAndPassword) {
  EXPECT_EQ(read("redis://u:secret@a.example").to_text(), "redis://a.example:6379/0");
  EXPECT_EQ(read("rediss://:secret@[::1]:1/2").to_text(), "rediss://[::1]:1/2");
  EXPECT_EQ(read("unix://:secret@/run/a.sock?db=1").to_text(), "unix:///run/a.sock?db=1");
}

}  // namespace
}  // namespace mta_sts::sender
