#include "sender/fetch/http_head.hpp"

#include <gtest/gtest.h>

namespace mta_sts::sender {
namespace {

bool takes(HttpHead& head, std::initializer_list<std::string_view> lines) {
  for (const std::string_view line : lines) {
    if (!head.parse_line(line)) {
      return false;
    }
  }
  return true;
}

void good(std::initializer_list<std::string_view> lines) {
  HttpHead head;
  EXPECT_TRUE(takes(head, lines)) << *lines.begin() << ": " << head.fault();
  EXPECT_TRUE(head.ended());
  EXPECT_EQ(head.framing_fault(), "");
}

void bad(std::initializer_list<std::string_view> lines, std::string_view why) {
  HttpHead head;
  const bool took = takes(head, lines);
  EXPECT_TRUE(!took || !head.framing_fault().empty()) << why;
}

TEST(HttpHead, TakesWhatRfc9112Allows) {
  good({"HTTP/1.1 200 OK\r\n", "Content-Length: 5\r\n", "\r\n"});
  good({"HTTP/1.1 200\r\n", "\r\n"});           // no reason at all
  good({"HTTP/1.0 200 \xC3\xA4\r\n", "\r\n"});  // obs-text in the reason
  good({"HTTP/2 200 \r\n", "\r\n"});
  good({"HTTP/1.1 103 Early Hints\r\n", "Content-Length: x\r\n", "\r\n", "HTTP/1.1 200 OK\r\n", "\r\n"});
  good({"HTTP/1.1 200 OK\r\n", "content-length:005\r\n", "Content-Length: 5\r\n", "\r\n"});  // alike
  good({"HTTP/1.1 200 OK\r\n", "Transfer-Encoding: CHUNKED\r\n", "\r\n", "Content-Length: 7\r\n", "\r\n"});
}

TEST(HttpHead, RefusesWhatTwoReadersCouldReadDifferently) {  // P20
  bad({"HTTP/1.1 200 OK\n"}, "bare LF");
  bad({"HTTP/1.1 200 OK\r\n", "A: b\n"}, "bare LF in a field");
  bad({"HTTP/1.1 200 OK\r\n", "A: b\rc\r\n"}, "bare CR");
  bad({"HTTP/1.1 200 OK\r\n", std::string_view("A: b\0c\r\n", 8)}, "NUL");
  bad({"HTTP/1.1 200 OK\r\n", " folded\r\n"}, "obs-fold");
  bad({"HTTP/1.1 200 OK\r\n", "A : b\r\n"}, "blank before the colon");
  bad({"HTTP/1.1 200 OK\r\n", ": b\r\n"}, "no name");
  bad({"HTTP/1.1 200 OK\r\n", "no colon\r\n"}, "no colon");
  bad({"HTTP/1.1 200 OK\r\n", "Content-Length: 5\r\n", "Content-Length: 6\r\n", "\r\n"}, "two lengths");
  bad({"HTTP/1.1 200 OK\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "\r\n"},
      "both framings");
  for (const std::string_view value : {"5x", "+5", "-5", "0x5", "5, 5", "", "5.0", "\"5\""}) {
    HttpHead head;
    const std::string line = "Content-Length: " + std::string(value) + "\r\n";
    EXPECT_TRUE(takes(head, {"HTTP/1.1 200 OK\r\n", line, "\r\n"}));
    EXPECT_NE(head.framing_fault(), "") << value;
  }
  for (const std::string_view value :
       {"gzip, chunked", "chunked, chunked", "identity", "xchunked", "chunked;q=1"}) {
    HttpHead head;
    const std::string line = "Transfer-Encoding: " + std::string(value) + "\r\n";
    EXPECT_TRUE(takes(head, {"HTTP/1.1 200 OK\r\n", line, "\r\n"}));
    EXPECT_NE(head.framing_fault(), "") << value;
  }
  bad({"HTTP/1.0 200 OK\r\n", "Transfer-Encoding: chunked\r\n", "\r\n"}, "chunked is not of HTTP/1.0");
}

TEST(HttpHead, RefusesStrangeStatusLines) {
  for (const std::string_view line :
       {"HTTP/1.1  200 OK\r\n", "HTTP/1.1 20 OK\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 200OK\r\n",
        "http/1.1 200 OK\r\n", "HTTP/0.9 200 OK\r\n", "HTTP/1.1 600 OK\r\n", "HTTP/1.1 099 OK\r\n",
        "ICY 200 OK\r\n", "\r\n", "HTTP/1.1 101 Switching\r\n", "HTTP/1.1 200 \x01\r\n"}) {
    HttpHead head;
    EXPECT_FALSE(head.parse_line(line)) << line;
    EXPECT_FALSE(head.parse_line("HTTP/1.1 200 OK\r\n")) << "once broken, always broken";
    EXPECT_NE(head.fault(), "");
  }
}

TEST(HttpHead, BoundsWhatItReads) {
  HttpHead interim;
  int taken = 0;
  while (taken < 1000 && takes(interim, {"HTTP/1.1 100 Continue\r\n", "\r\n"})) {
    ++taken;
  }
  EXPECT_LE(taken, 8);
  HttpHead fields;
  taken = 0;
  EXPECT_TRUE(fields.parse_line("HTTP/1.1 200 OK\r\n"));
  while (taken < 1000 && fields.parse_line("A: b\r\n")) {
    ++taken;
  }
  EXPECT_LT(taken, 300);
  HttpHead large;
  EXPECT_TRUE(large.parse_line("HTTP/1.1 200 OK\r\n"));
  EXPECT_FALSE(large.parse_line("A: " + std::string(40000, 'b') + "\r\n"));
}

TEST(HttpHead, KnowsTheLengthWithoutOverflow) {
  HttpHead head;
  EXPECT_TRUE(takes(head, {"HTTP/1.1 200 OK\r\n", "Content-Length: 99999999999999999999999999\r\n", "\r\n"}));
  EXPECT_EQ(head.declared_length(65536), 65537U);
}

TEST(HttpHead, SeesContentCodings) {
  HttpHead head;
  EXPECT_TRUE(takes(head, {"HTTP/1.1 200 OK\r\n", "Content-Encoding:\r\n"}));
  EXPECT_FALSE(head.has_content_coding());
  EXPECT_TRUE(head.parse_line("content-encoding: br\r\n"));
  EXPECT_TRUE(head.has_content_coding());
}

}  // namespace
}  // namespace mta_sts::sender
