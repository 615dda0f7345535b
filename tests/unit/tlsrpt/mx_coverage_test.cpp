#include "tlsrpt/read/mx_coverage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mta_sts::tlsrpt {
namespace {

using testing::ElementsAre;

bool leaves_out(std::string_view mx_host, std::string_view host) {
  std::vector<std::string> patterns;
  (void)split_mx_patterns(mx_host, patterns);
  return MxCoverage(patterns).leaves_out(host);
}

TEST(MxCoverage, CoversWhatAPatternNames) {
  for (const auto& [pattern, host] : std::vector<std::pair<std::string, std::string>>{
           {"mx.rcpt.example", "mx.rcpt.example"},
           {"mx.rcpt.example.", "MX.rcpt.example."},
           {"*.rcpt.example", "mx.rcpt.example"},
           {"*.b\u00FCcher.example", "mx.xn--bcher-kva.example"},
           {"*.xn--bcher-kva.example", "mx.b\u00FCcher.example"},
           {"mx.b\u00FCcher.example", "mx.b\u00FCcher.example"},
           {"a.example, b.example", "b.example"},
           {"a.example b.example", "a.example"},
           {"MX: mx.rcpt.example", "mx.rcpt.example"},
           {" mx:mx.rcpt.example", "mx.rcpt.example"},
           {".rcpt.example", "a.mx.rcpt.example"},
           {"mx.rcpt.example", "mx.rcpt.example:25"},
           {"mx.rcpt.example:25", "mx.rcpt.example"},
           {"[mx.rcpt.example]", "mx.rcpt.example"},
           {"mx.rcpt.example", "[mx.rcpt.example]:25"},
       }) {
    EXPECT_FALSE(leaves_out(pattern, host)) << pattern << " " << host;
  }
}

TEST(MxCoverage, LeavesOutWhatNoPatternNames) {
  EXPECT_TRUE(leaves_out("mx.rcpt.example", "mx2.rcpt.example"));
  EXPECT_TRUE(leaves_out("*.rcpt.example", "a.b.rcpt.example"));  // RFC 8461 section 4.1: one label
  EXPECT_TRUE(leaves_out("*.rcpt.example", "rcpt.example"));
  EXPECT_TRUE(leaves_out(".rcpt.example", "rcpt.example"));
  EXPECT_TRUE(leaves_out("a.example,b.example", "c.example:25"));
}

TEST(MxCoverage, SaysNothingOfWhatItCannotRead) {
  for (const char* pattern : {"", "mail", "mx.*.example", "a..example", "mx_1.rcpt.example", "192.0.2.1"}) {
    EXPECT_FALSE(leaves_out(pattern, "mx2.rcpt.example")) << pattern;
  }
  for (const char* host : {"", "mail", "192.0.2.1", "[192.0.2.1]", "[IPv6:::1]", "::1", "a b"}) {
    EXPECT_FALSE(leaves_out("mx.rcpt.example", host)) << host;
  }
}

TEST(MxPatterns, AreSplitUpToALimit) {
  std::vector<std::string> patterns;
  EXPECT_TRUE(split_mx_patterns(" a.example ", patterns));
  EXPECT_FALSE(split_mx_patterns("b.example,; c.example", patterns));
  EXPECT_FALSE(split_mx_patterns("mx: d.example", patterns));
  EXPECT_FALSE(split_mx_patterns("", patterns));
  EXPECT_THAT(patterns, ElementsAre("a.example", "b.example", "c.example", "d.example"));
  std::string many;
  for (std::size_t i = 0; i < 2 * mx_pattern_limit; ++i) {
    many += "a.example,";
  }
  EXPECT_FALSE(split_mx_patterns(many, patterns));
  EXPECT_EQ(patterns.size(), mx_pattern_limit);
  EXPECT_FALSE(MxCoverage(patterns).leaves_out("b.example"));
}

}  // namespace
}  // namespace mta_sts::tlsrpt
