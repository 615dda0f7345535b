#include "publish/mail_domain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mta_sts::publish {
namespace {

std::string name_of(std::size_t bytes) {
  std::string name;
  while (name.size() + 2 < bytes) {
    name += std::string(std::min<std::size_t>(63, bytes - name.size() - 2), 'a') + ".";
  }
  return name + std::string(bytes - name.size(), 'b');
}

void bad(std::string_view name, std::string_view says) {
  const auto domain = parse_mail_domain(name);
  ASSERT_FALSE(domain) << name;
  EXPECT_THAT(domain.error(), testing::HasSubstr(std::string(says)));
}

TEST(MailDomain, IsAnyDomain) {
  EXPECT_EQ(parse_mail_domain("Example.COM.").value().text(), "example.com");
  EXPECT_EQ(parse_mail_domain("b\xC3\xBC"
                              "cher.example")
                .value()
                .text(),
            "xn--bcher-kva.example");
  EXPECT_EQ(parse_mail_domain("mta-sts.example").value().text(),
            "mta-sts.example");  // below a top-level domain
  EXPECT_EQ(parse_mail_domain("mta-sts.example.").value().text(), "mta-sts.example");
  EXPECT_EQ(parse_mail_domain("mta-stsx.example.com").value().text(), "mta-stsx.example.com");
}

TEST(MailDomain, IsNoNameWithinMtaSts) {
  bad("mta-sts.example.com", "is a name within MTA-STS; give the mail domain, example.com");
  bad("MTA-STS.example.com.", "give the mail domain, example.com");
  bad("_mta-sts.example.com", "give the mail domain, example.com");
  bad("_smtp._tls.example", "give the mail domain, example");
  bad("_mta-sts.", "within MTA-STS");
}

TEST(MailDomain, IsNoSingleLabel) {
  for (const std::string_view name : {"localhost", "mta-sts", "mta-sts.", "Example", "xn--bcher-kva"}) {
    bad(name, "is a top-level domain; give a domain below it");
  }
}

TEST(MailDomain, IsNoOtherText) {
  bad("", "is not a domain (");
  bad("a..b", "is not a domain (");
  bad("192.0.2.1", "is an address");
}

TEST(MailDomain, LeavesRoomForTheNamesBeforeIt) {
  EXPECT_TRUE(parse_mail_domain(name_of(244)));
  bad(name_of(245), "is too long: _mta-sts. before it makes a name of 254 bytes, and DNS has at most 253");
  bad(name_of(254), "is not a domain (");
  EXPECT_EQ(why_no_tlsrpt_record(name_of(242)), "");
  EXPECT_THAT(why_no_tlsrpt_record(name_of(243)),
              testing::HasSubstr("_smtp._tls. before it makes a name of 254"));
}

}  // namespace
}  // namespace mta_sts::publish
