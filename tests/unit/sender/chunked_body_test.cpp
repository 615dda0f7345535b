#include "sender/fetch/chunked_body.hpp"

#include <gtest/gtest.h>

namespace mta_sts::sender {
namespace {

struct Read {
  std::string content;
  bool good = true;
  bool ended = false;
};

HttpHead chunked_head() {
  HttpHead head;
  for (const std::string_view line : {"HTTP/1.1 200 OK\r\n", "Transfer-Encoding: chunked\r\n", "\r\n"}) {
    EXPECT_TRUE(head.parse_line(line));
  }
  return head;
}

// Byte by byte and at once must come to the same.
Read read(std::string_view bytes, std::size_t limit = 100) {
  Read whole;
  ChunkedBody body;
  HttpHead head = chunked_head();
  whole.good = body.decode(bytes, head, whole.content, limit);
  whole.ended = body.ended();
  EXPECT_EQ(whole.good, body.fault().empty());

  Read single;
  ChunkedBody slow;
  head = chunked_head();
  for (const char byte : bytes) {
    single.good = single.good && slow.decode({&byte, 1}, head, single.content, limit);
  }
  EXPECT_EQ(single.good, whole.good) << bytes;
  EXPECT_EQ(single.content, whole.content) << bytes;
  EXPECT_EQ(slow.ended(), whole.ended) << bytes;
  return whole;
}

TEST(ChunkedBody, TakesTheCodingOff) {
  for (const std::string_view bytes : {
           "5\r\nhello\r\n0\r\n\r\n", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
           "005\r\nhello\r\n000\r\n\r\n",                   // zeros in front
           "5;name=value;x=\"y\"\r\nhello\r\n0;z\r\n\r\n",  // extensions are passed over
           "5 \r\nhello\r\n0\r\n\r\n",                      // "bad" blanks of RFC 9112 section 7.1.1
           "5\r\nhello\r\n0\r\nX: y\r\nZ: w\r\n\r\n",       // trailer fields
           "5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200",           // behind the end
       }) {
    const Read got = read(bytes);
    EXPECT_TRUE(got.good && got.ended) << bytes;
    EXPECT_EQ(got.content, "hello") << bytes;
  }
  EXPECT_EQ(read("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n").content, "01234567890123456789");
}

TEST(ChunkedBody, RefusesABrokenCoding) {
  for (const std::string_view bytes : {
           "\r\n",                              // no size
           "zz\r\n",                            // no number
           "-5\r\nhello\r\n",                   // a sign
           "0x5\r\nhello\r\n",                  // a prefix
           " 5\r\nhello\r\n",                   // a blank in front
           "5\nhello\r\n",                      // bare LF
           "5\r\rhello",                        // bare CR
           "5\r\nhello0\r\n\r\n",               // nothing between content and size
           "5\r\nhello!\r\n0\r\n\r\n",          // longer than its size
           "5\r\nhello\n0\r\n\r\n",             // bare LF behind the content
           "5;a\x01\r\nhello\r\n",              // a control character in an extension
           "100000000\r\n",                     // over 32 bits
           "5\r\nhello\r\n0\r\nX y\r\n\r\n",    // a trailer without colon
           "5\r\nhello\r\n0\r\nX: y\nZ: w\r\n"  // a trailer with a bare LF
       }) {
    const Read got = read(bytes);
    EXPECT_FALSE(got.good) << bytes;
    EXPECT_FALSE(got.ended) << bytes;
  }
}

TEST(ChunkedBody, KnowsThatMoreMustCome) {
  const std::string_view whole = "5\r\nhello\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const Read got = read(whole.substr(0, length));
    EXPECT_TRUE(got.good && !got.ended) << whole.substr(0, length);
  }
}

TEST(ChunkedBody, KeepsWithinItsLimits) {
  EXPECT_EQ(read("A\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", 12).content, "0123456789012");
  const std::string long_extension = "1;" + std::string(2'000'000, 'x');
  EXPECT_FALSE(read(long_extension).good);
  std::string tiny;
  for (int i = 0; i < 300'000; ++i) {
    tiny += "1\r\nx\r\n";
  }
  EXPECT_FALSE(read(tiny).good);
  EXPECT_FALSE(read("0\r\nX: " + std::string(20'000, 'y')).good);
}

}  // namespace
}  // namespace mta_sts::sender
