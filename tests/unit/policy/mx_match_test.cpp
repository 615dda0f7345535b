#include "policy/mx_match.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mta_sts {
namespace {

using namespace std::string_view_literals;

void match(std::string_view pattern, std::string_view host) {
  EXPECT_TRUE(matches_mx_pattern(pattern, host)) << pattern << " / " << host;
}

void no_match(std::string_view pattern, std::string_view host) {
  EXPECT_FALSE(matches_mx_pattern(pattern, host)) << pattern << " / " << host;
}

TEST(MxMatch, ComparesWholeNamesWithoutCase) {  // R97, R98
  match("mail.example.com", "mail.example.com");
  match("MAIL.example.com", "mail.EXAMPLE.com");
  match("mail.example.com", "mail.example.com.");  // the root dot
  match("localhost", "localhost");
  match("mx_1.example.com", "mx_1.example.com");
  no_match("mail.example.com", "mail.example.co");
  no_match("mail.example.com", "xmail.example.com");
  no_match("example.com", "mail.example.com");
}

TEST(MxMatch, LetsAWildcardStandForOneWholeLabel) {  // R98
  match("*.example.com", "mail.example.com");
  match("*.Example.com", "MX.example.COM.");
  match("*.example.com", "mx_1.example.com");  // P31
  match("*.com", "example.com");               // P29: the text rule
  match("*.0.2.1", "192.0.2.1");               // P14: the text rule
  no_match("*.example.com", "example.com");
  no_match("*.example.com", "a.b.example.com");
  no_match("*.example.com", ".example.com");
  no_match("*.example.com", "mailexample.com");
  no_match("*.com", "com");
  no_match("*", "localhost");
  no_match("*.", "com.");
  no_match("m*.example.com", "mail.example.com");
  no_match("*.*.com", "a.b.com");
}

TEST(MxMatch, GivesNothingToAHostThatIsNoName) {
  no_match("*.example.com", "*.example.com");  // a wildcard names no host
  no_match("", "");
  no_match("", ".");  // RFC 7505: the null MX
  no_match("a..b", "a..b");
  no_match("mail.example.com", "mail.example.com..");
  no_match("mail.example.com", "mail.example.com\0"sv);
  no_match("*.example.com", "ma\0il.example.com"sv);
  no_match("*.example.com", "ma il.example.com");
  no_match("*.example.com",
           "b\xC3\xBC"
           "cher.example.com");
  no_match(
      "b\xC3\xBC"
      "cher.example",
      "b\xC3\xBC"
      "cher.example");                                // U-labels never stand here
  no_match("mail.example.com.", "mail.example.com");  // P13: no pattern
}

TEST(MxMatch, NeedsOneOfThePatterns) {
  const std::vector<std::string> patterns{"a.example", "*.b.example"};
  EXPECT_TRUE(matches_mx(patterns, "a.example"));
  EXPECT_TRUE(matches_mx(patterns, "x.b.example"));
  EXPECT_FALSE(matches_mx(patterns, "b.example"));
  EXPECT_FALSE(matches_mx({}, "a.example"));
  EXPECT_FALSE(matches_mx(patterns, ""));
}

}  // namespace
}  // namespace mta_sts
