#include "resolver/postfix_answer.hpp"

#include <gtest/gtest.h>

namespace mta_sts::resolver {
namespace {

using Patterns = std::vector<std::string>;
using Hosts = std::vector<sender::MailHost>;

Verdict enforce(Patterns mx) {
  Verdict verdict;
  verdict.mode = VerdictMode::enforce;
  verdict.id = "20260101";
  verdict.mx = std::move(mx);
  verdict.source = VerdictSource::cache;
  verdict.max_age = std::chrono::seconds(604800);
  return verdict;
}

PostfixRequest request(PostfixMapName map = PostfixMapName::policy, bool host_itself = false) {
  return {.map = map, .domain = "example.com", .port = {}, .host_itself = host_itself};
}

std::string answer(const Patterns& mx, const Hosts& hosts) {
  const sender::MailRoute route{.failed = false, .hosts = hosts};
  return postfix_answer(request(), enforce(mx), "example.com", &route);
}

sender::MailHost host(std::string name, sender::HostDane dane = sender::HostDane::none,
                      std::uint16_t preference = 10) {
  return {.name = std::move(name), .preference = preference, .dane = dane};
}

constexpr sender::HostDane none = sender::HostDane::none;
constexpr sender::HostDane dane = sender::HostDane::usable;
constexpr sender::HostDane unknown = sender::HostDane::unknown;

TEST(PostfixAnswer, LeavesToMainCfWhatNoPolicyDemands) {  // R108, R109
  for (const VerdictMode mode : {VerdictMode::none, VerdictMode::testing}) {
    Verdict verdict = enforce({"mx.example.com"});
    verdict.mode = mode;
    EXPECT_EQ(postfix_answer(request(), verdict, "example.com", nullptr), "NOTFOUND ");
    EXPECT_FALSE(needs_route(request(), verdict, true));
  }
}

TEST(PostfixAnswer, DefersWhereNothingIsKnown) {
  EXPECT_EQ(postfix_answer(request(), temp_verdict("txt-lookup-failed"), "example.com", nullptr),
            "TEMP txt-lookup-failed");
  EXPECT_FALSE(needs_route(request(), temp_verdict("txt-lookup-failed"), true));
}

TEST(PostfixAnswer, NamesThePolicysHosts) {  // R96, R105
  EXPECT_FALSE(needs_route(request(), enforce({"mx1.example.com", "mx2.example.com"}), false));
  EXPECT_EQ(
      postfix_answer(request(), enforce({"mx1.example.com", "mx2.example.com"}), "example.com", nullptr),
      "OK secure match=mx1.example.com:mx2.example.com servername=hostname");
}

TEST(PostfixAnswer, GivesAStarAsTheHostsThatItNamesNow) {  // R98
  EXPECT_TRUE(needs_route(request(), enforce({"*.example.com"}), false));
  EXPECT_EQ(
      answer({"*.example.com"}, {host("mx1.example.com"), host("a.mx.example.com"), host("mx2.example.com")}),
      "OK secure match=mx1.example.com:mx2.example.com servername=hostname");
  EXPECT_EQ(answer({"mx.other.example", "*.example.com"}, {host("mx1.example.com")}),
            "OK secure match=mx.other.example:mx1.example.com servername=hostname");
  EXPECT_EQ(answer({"mx1.example.com", "*.example.com"}, {host("mx1.example.com")}),
            "OK secure match=mx1.example.com servername=hostname");
}

TEST(PostfixAnswer, DefersWhereNoHostIsNamed) {  // R97, R106
  EXPECT_EQ(answer({"*.example.com"}, {host("mx.elsewhere.example")}),
            "TEMP sts-mx-mismatch: its policy names none of its MX hosts");
  EXPECT_EQ(answer({"*.example.com"}, {}), "TEMP sts-mx-mismatch: its policy names none of its MX hosts");
  const sender::MailRoute failed{.failed = true, .hosts = {}};
  EXPECT_EQ(postfix_answer(request(), enforce({"*.example.com"}), "example.com", &failed),
            "TEMP mx-lookup-failed: DNS did not say which hosts take its mail");
}

TEST(PostfixAnswer, TakesAHostInBracketsByItsOwnNameAlone) {  // R80, R100
  const PostfixRequest relay = request(PostfixMapName::policy, true);
  EXPECT_TRUE(needs_route(relay, enforce({"relay.example.com"}), false));
  const sender::MailRoute route{.failed = false, .hosts = {host("relay.example.com")}};
  EXPECT_EQ(
      postfix_answer(relay, enforce({"other.example.com", "relay.example.com"}), "relay.example.com", &route),
      "OK secure match=relay.example.com servername=hostname");
  EXPECT_TRUE(postfix_answer(relay, enforce({"other.example.com"}), "relay.example.com", &route)
                  .starts_with("TEMP sts-mx-mismatch"));
}

TEST(PostfixAnswer, LetsDaneGoFirst) {  // R119, R120, R124
  EXPECT_TRUE(needs_route(request(), enforce({"mx.example.com"}), true));
  EXPECT_EQ(answer({"mx.example.com"}, {host("mx.example.com", dane)}), "OK dane-only");
  EXPECT_EQ(answer({"*.example.com"}, {host("mx1.example.com", dane), host("mx2.example.com", dane)}),
            "OK dane-only");
}

TEST(PostfixAnswer, NeverLetsSecureOpenAHostThatHasTlsaRecords) {  // R119, R125
  // The preferred host has none: it is not passed over for one that has.
  EXPECT_EQ(answer({"mx1.example.com", "mx2.example.com"},
                   {host("mx1.example.com", none, 10), host("mx2.example.com", dane, 20)}),
            "OK secure match=mx1.example.com servername=hostname");
  EXPECT_EQ(answer({"*.example.com"}, {host("mx1.example.com", none, 10), host("mx2.example.com", dane, 20)}),
            "OK secure match=mx1.example.com servername=hostname");
  // Of equal hosts any may be taken first: the one that DANE authenticates.
  EXPECT_EQ(answer({"*.example.com"}, {host("mx1.example.com", none), host("mx2.example.com", dane)}),
            "OK dane-only");
  EXPECT_EQ(answer({"*.example.com"}, {host("mx1.example.com", dane, 10), host("mx2.example.com", none, 20)}),
            "OK dane-only");
}

TEST(PostfixAnswer, NeverLetsDaneOpenAHostThatThePolicyDoesNotName) {  // R97
  const sender::MailHost outsider = host("mx.elsewhere.example", dane, 30);
  EXPECT_TRUE(answer({"mx.example.com"}, {host("mx.example.com", dane), outsider})
                  .starts_with("TEMP sts-mx-mismatch"));
  EXPECT_EQ(answer({"mx.example.com", "mx2.example.com"},
                   {host("mx.example.com", dane), host("mx2.example.com", none), outsider}),
            "OK secure match=mx2.example.com servername=hostname");
  EXPECT_EQ(
      answer({"mx.example.com"}, {host("mx.example.com", dane), host("mx.elsewhere.example", none, 30)}),
      "OK dane-only");  // which leaves hosts without TLSA records alone
  EXPECT_TRUE(
      answer({"mx.example.com"}, {host("mx.example.com", dane), host("mx.elsewhere.example", unknown)})
          .starts_with("TEMP sts-mx-mismatch"));
}

TEST(PostfixAnswer, LeavesHostsAloneOfWhichDnsDoesNotSay) {  // R122
  EXPECT_TRUE(
      answer({"mx.example.com"}, {host("mx.example.com", unknown)}).starts_with("TEMP tlsa-lookup-failed"));
  EXPECT_EQ(answer({"mx1.example.com", "mx2.example.com"},
                   {host("mx1.example.com", unknown), host("mx2.example.com", none, 20)}),
            "OK secure match=mx2.example.com servername=hostname");
  EXPECT_EQ(answer({"*.example.com"}, {host("mx1.example.com", unknown), host("mx2.example.com", dane, 20)}),
            "OK dane-only");
}

TEST(PostfixAnswer, TellsPostfix310WhatAReportNeeds) {
  EXPECT_EQ(
      postfix_answer(request(PostfixMapName::policy_tlsrpt), enforce({"mx1.example.com", "mx2.example.com"}),
                     "example.com", nullptr),
      "OK secure match=mx1.example.com:mx2.example.com servername=hostname policy_type=sts "
      "policy_domain=example.com { policy_string = version: STSv1 } { policy_string = mode: enforce } "
      "{ policy_string = mx: mx1.example.com } { policy_string = mx: mx2.example.com } "
      "{ policy_string = max_age: 604800 } mx_host_pattern=mx1.example.com mx_host_pattern=mx2.example.com");
  const sender::MailRoute route{.failed = false, .hosts = {host("mx.example.com", dane)}};
  EXPECT_EQ(postfix_answer(request(PostfixMapName::policy_tlsrpt), enforce({"mx.example.com"}), "example.com",
                           &route),
            "OK dane-only");  // Postfix has the TLSA records for the report itself
}

TEST(PostfixAnswer, NamesNoHostToPostfix310ThatSecureMustNotOpen) {  // R120, R122
  const auto patterns_of = [](const Patterns& mx, const Hosts& hosts) {
    const sender::MailRoute route{.failed = false, .hosts = hosts};
    const std::string text =
        postfix_answer(request(PostfixMapName::policy_tlsrpt), enforce(mx), "example.com", &route);
    return text.substr(std::min(text.find(" mx_host_pattern="), text.size()));
  };
  EXPECT_EQ(patterns_of({"mx1.example.com", "mx2.example.com"},
                        {host("mx1.example.com", none, 10), host("mx2.example.com", dane, 20)}),
            " mx_host_pattern=mx1.example.com");
  EXPECT_EQ(patterns_of({"*.example.com", "mx.other.example"},
                        {host("mx1.example.com", none, 10), host("mx2.example.com", unknown, 20)}),
            " mx_host_pattern=mx.other.example mx_host_pattern=mx1.example.com");
  EXPECT_EQ(
      patterns_of({"*.example.com"}, {host("mx1.example.com", none, 10), host("mx2.example.com", none, 20)}),
      " mx_host_pattern=*.example.com");
  EXPECT_EQ(patterns_of({"*.example.com"},
                        {host("mx1.example.com", none, 10), host("mx.elsewhere.example", dane, 20)}),
            " mx_host_pattern=mx1.example.com");
}

TEST(PostfixAnswer, ObeysALargePolicyToo) {
  Patterns many;
  for (int i = 0; i < 13098; ++i) {
    many.push_back("mx" + std::to_string(i) + ".example.com");
  }
  EXPECT_TRUE(needs_route(request(), enforce(many), false));
  EXPECT_EQ(answer(many, {host("mx77.example.com"), host("mx.elsewhere.example")}),
            "OK secure match=mx77.example.com servername=hostname");
  const sender::MailRoute route{.failed = false, .hosts = {host("mx77.example.com")}};
  EXPECT_EQ(postfix_answer(request(PostfixMapName::policy_tlsrpt), enforce(many), "example.com", &route),
            "OK secure match=mx77.example.com servername=hostname");
  many.resize(900);
  const std::string names = answer(many, {host("mx77.example.com")});
  EXPECT_TRUE(names.starts_with("OK secure match=mx0.example.com:mx1.example.com:"));
  EXPECT_LE(names.size(), postfix_answer_limit_bytes);
}

}  // namespace
}  // namespace mta_sts::resolver
