#include "policy/dns_id.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mta_sts {
namespace {

using namespace std::string_view_literals;

void match(std::string_view dns_name, std::string_view host) {
  EXPECT_TRUE(matches_dns_id(std::vector{dns_name}, host)) << dns_name << " / " << host;
}

void no_match(std::string_view dns_name, std::string_view host) {
  EXPECT_FALSE(matches_dns_id(std::vector{dns_name}, host)) << dns_name << " / " << host;
}

TEST(DnsId, ComparesWholeNamesWithoutCase) {  // R63, R100, R104
  match("mail.example.com", "mail.example.com");
  match("MAIL.example.com", "mail.example.COM.");
  match("localhost", "localhost");
  match("mx_1.example.com", "mx_1.example.com");  // P31
  no_match("mail.example.com.", "mail.example.com");
  no_match(" mail.example.com", "mail.example.com");
  no_match("example.com", "mail.example.com");
  no_match("mail.example.com", "example.com");
  no_match("", "mail.example.com");
}

TEST(DnsId, LetsAWildcardStandForOneWholeLabel) {  // R64, R103
  match("*.example.com", "mail.example.com");
  match("*.EXAMPLE.com", "Mail.example.com.");
  match("*.xn--bcher-kva.example", "mx.xn--bcher-kva.example");
  match("*.example.com", "xn--bcher-kva.example.com");
  no_match("*.example.com", "example.com");
  no_match("*.example.com", "a.b.example.com");
  no_match("*.example.com", "mx_1.example.com");  // P31
  no_match("*.com", "example.com");               // P29
  no_match("*", "localhost");
  no_match("*.", "com");
  no_match("m*.example.com", "mail.example.com");
  no_match("*l.example.com", "mail.example.com");
  no_match("**.example.com", "mail.example.com");
  no_match("mail.*.com", "mail.example.com");
  no_match("*.*.com", "mail.example.com");
  no_match("xn--*.example.com", "xn--bcher-kva.example.com");
}

TEST(DnsId, GivesNothingToAHostThatIsNoName) {
  no_match("*.example.com", "*.example.com");
  no_match("*.example.com", ".example.com");
  no_match("mail.example.com", ".example.com");
  no_match("mail.example.com", "");
  no_match("", "");
  no_match("", ".");
  no_match("a..b.c", "a..b.c");
  no_match("mail.example.com", "mail.example.com..");
  no_match("mail.example.com", "mail.example.com\0"sv);
  no_match("b\xC3\xBC.example", "b\xC3\xBC.example");
}

TEST(DnsId, EndsNoNameAtANul) {
  no_match("mail.example.com\0"sv, "mail.example.com");
  no_match("mail.example.com\0.evil.test"sv, "mail.example.com");
  no_match("*.example.com\0"sv, "mail.example.com");
}

TEST(DnsId, NeedsOneOfTheNames) {
  const std::vector<std::string_view> names{"a.test", "*.example.com"};
  EXPECT_TRUE(matches_dns_id(names, "mail.example.com"));
  EXPECT_FALSE(matches_dns_id(names, "b.test"));
  EXPECT_FALSE(matches_dns_id({}, "a.test"));
}

}  // namespace
}  // namespace mta_sts
