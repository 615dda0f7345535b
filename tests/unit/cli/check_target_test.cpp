// What people type where a domain is wanted.
#include "cli/check/check_target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mta_sts::cli {
namespace {

void good(std::string_view words, std::string_view domain, bool has_remark = false) {
  const auto target = parse_check_target(words);
  ASSERT_TRUE(target) << words << ": " << to_line(target.error());
  EXPECT_EQ(target->domain.text(), domain);
  EXPECT_EQ(!target->remark.empty(), has_remark);
}

void bad(std::string_view words, std::string_view says) {
  const auto target = parse_check_target(words);
  ASSERT_FALSE(target) << words;
  EXPECT_EQ(target.error().word.text(), "bad-domain");
  EXPECT_THAT(target.error().detail, testing::HasSubstr(std::string(says)));
}

TEST(CheckTarget, TakesDomainsAndTheDomainsOfMailAddresses) {
  good("example.com", "example.com");
  good("EXAMPLE.com.", "example.com");
  good("someone@example.com", "example.com", true);
  good("\"a@b\"@example.com", "example.com", true);
  good(
      "b\xC3\xBC"
      "cher.example",
      "xn--bcher-kva.example");
}

TEST(CheckTarget, SaysWhatOtherWordsAre) {
  bad("https://mta-sts.example.com/x", "URL");
  bad("https://user@example.com:8443/x?y#z", "for example example.com");
  bad("192.0.2.1", "is an address");
  bad("[192.0.2.1]", "is an address");
  bad("2001:db8::1", "is an address");
  bad("someone@[192.0.2.1]", "is an address");
  bad("com", "top-level domain");
  bad("", "is not a domain");
  bad("a..b", "is not a domain");
  bad("_mta-sts.example.com", "give the mail domain, example.com");
  bad("MTA-STS.example.com", "give the mail domain, example.com");
  bad("\x1b[2J.example", "\\x1b[2J");
  bad("://", "URL");
}

}  // namespace
}  // namespace mta_sts::cli
