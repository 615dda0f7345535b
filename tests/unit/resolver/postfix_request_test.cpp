#include "resolver/postfix_request.hpp"

#include <gtest/gtest.h>

namespace mta_sts::resolver {
namespace {

struct Key {
  std::string_view domain;
  std::string_view port;
  bool host_itself = false;
  bool parent = false;
};

void reads(std::string_view key, const Key& wanted) {
  const auto request = parse_postfix_request("policy " + std::string(key));
  ASSERT_TRUE(request) << key;
  EXPECT_EQ(request->map, PostfixMapName::policy) << key;
  EXPECT_EQ(request->domain, wanted.domain) << key;
  EXPECT_EQ(request->port, wanted.port) << key;
  EXPECT_EQ(request->host_itself, wanted.host_itself) << key;
  EXPECT_EQ(request->parent, wanted.parent) << key;
}

void refuses(std::string_view payload, RequestError error) {
  const auto request = parse_postfix_request(payload);
  ASSERT_FALSE(request) << payload;
  EXPECT_EQ(request.error(), error) << payload;
}

TEST(PostfixRequest, ReadsNextHopsAsPostfixWritesThem) {
  reads("example.com", {.domain = "example.com", .port = ""});
  reads("Example.COM", {.domain = "Example.COM", .port = ""});  // case is for the domain's own reader
  reads("m\u00fcnchen.example", {.domain = "m\u00fcnchen.example", .port = ""});
  reads("example.com:587", {.domain = "example.com", .port = "587"});
  reads("[mail.example.com]", {.domain = "mail.example.com", .port = "", .host_itself = true});
  reads("[mail.example.com]:587", {.domain = "mail.example.com", .port = "587", .host_itself = true});
  reads("[mail.example.com]:submission",
        {.domain = "mail.example.com", .port = "submission", .host_itself = true});
  reads("[192.0.2.1]:25", {.domain = "192.0.2.1", .port = "25", .host_itself = true});
  reads("[IPv6:2001:db8::1]", {.domain = "IPv6:2001:db8::1", .port = "", .host_itself = true});
  reads("[IPv6:2001:db8::1]:25", {.domain = "IPv6:2001:db8::1", .port = "25", .host_itself = true});
}

TEST(PostfixRequest, ReadsTheParentsThatPostfixAsksForNext) {
  reads(".example.com", {.domain = ".example.com", .port = "", .host_itself = false, .parent = true});
  reads(".com", {.domain = ".com", .port = "", .host_itself = false, .parent = true});
}

TEST(PostfixRequest, ReadsANextHopWhosePortIsLeftOut) {  // as Postfix does, for the default port
  reads("example.com:", {.domain = "example.com", .port = ""});
  reads("[mail.example.com]:", {.domain = "mail.example.com", .port = "", .host_itself = true});
  reads("[IPv6:2001:db8::1]:", {.domain = "IPv6:2001:db8::1", .port = "", .host_itself = true});
  reads("192.0.2.1:", {.domain = "192.0.2.1", .port = ""});
}

TEST(PostfixRequest, ReadsAddressesAndPaths) {
  reads("[2001:db8::1]:25", {.domain = "2001:db8::1", .port = "25", .host_itself = true});
  reads("2001:db8::1:25", {.domain = "2001:db8::1", .port = "25"});
  reads("a_b.example.com", {.domain = "a_b.example.com", .port = ""});
  reads("/var/run/lmtp", {.domain = "/var/run/lmtp", .port = ""});  // lmtp_tls_policy_maps
  reads("private/lmtp", {.domain = "private/lmtp", .port = ""});
}

// Postfix ends its delivery of such a next hop before it asks for a policy. Whoever asks all the same is not
// told that the domain has none.
TEST(PostfixRequest, RefusesWhatPostfixDoesNotDeliverTo) {
  for (const std::string_view key : {"[example.com",
                                     "[example.com:25",
                                     "[mail.example.com]x",
                                     "[mail.example.com]25",
                                     "[mail.example.com]]",
                                     "[[mail.example.com]]",
                                     "[]",
                                     "[]:25",
                                     "[",
                                     "]",
                                     ":",
                                     ":25",
                                     "[:25]",
                                     "example.com]",
                                     "example.com]:25",
                                     "example.com::",
                                     "example.com::25",
                                     "example.com:25:25",
                                     "[example.com:25]",
                                     "example.com:2 5",
                                     "example.com: ",
                                     " example.com",
                                     "a b",
                                     "example.com;25",
                                     "example..com",
                                     "[.example.com]",
                                     ".example.com:25",
                                     "..example.com",
                                     ".",
                                     "*.example.com",
                                     "2001:db8::zz:25",
                                     "unix:/var/run/lmtp",
                                     "[example.com/"}) {
    refuses("policy " + std::string(key), RequestError::bad_next_hop);
  }
}

TEST(PostfixRequest, TellsTheMapsApart) {
  EXPECT_EQ(parse_postfix_request("policy-tlsrpt a.example")->map, PostfixMapName::policy_tlsrpt);
  refuses("postfix a.example", RequestError::unknown_map);
  refuses("Policy a.example", RequestError::unknown_map);
  refuses("policy-tlsrpt2 a.example", RequestError::unknown_map);
  refuses(" a.example", RequestError::unknown_map);
  refuses("", RequestError::unknown_map);
}

TEST(PostfixRequest, RefusesARequestWithoutAKeyAndBytesThatAreNoText) {
  refuses("policy", RequestError::missing_domain);
  refuses("policy ", RequestError::missing_domain);
  refuses("policy a\n", RequestError::bad_character);
  refuses(std::string_view("policy a\0b", 10), RequestError::bad_character);
  refuses("policy \xff.example", RequestError::bad_character);
}

TEST(PostfixRequest, KnowsThePortsOfMail) {
  EXPECT_EQ(mail_port(""), 25);
  EXPECT_EQ(mail_port("25"), 25);
  EXPECT_EQ(mail_port("smtp"), 25);
  EXPECT_EQ(mail_port("submission"), 587);
  EXPECT_EQ(mail_port("smtps"), 465);
  EXPECT_EQ(mail_port("65535"), 65535);
  for (const std::string_view none : {"0", "65536", "99999999999999999999", "2x", "pop3", "x-1"}) {
    EXPECT_EQ(mail_port(none), std::nullopt) << none;
  }
}

}  // namespace
}  // namespace mta_sts::resolver
