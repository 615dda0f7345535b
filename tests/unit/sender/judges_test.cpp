#include <gtest/gtest.h>

#include "sender/fetch/fetch_facts.hpp"
#include "unit/sender/fakes.hpp"

namespace mta_sts::sender {
namespace {

using namespace std::chrono_literals;
using namespace fakes;

FetchFacts good_facts() {
  FetchFacts facts;
  facts.dns = DnsOutcome::ok;
  facts.connect = ConnectOutcome::ok;
  facts.tls = TlsOutcome::ok;
  facts.tls_version = 0x0304;
  facts.sni = "mta-sts.example.com";
  facts.body = "version: STSv1\nmode: none\nmax_age: 1\n";
  facts.received = facts.body.size();
  for (const std::string& line : {std::string("HTTP/1.1 200 OK"), std::string("Content-Type: text/plain"),
                                  "Content-Length: " + std::to_string(facts.body.size()), std::string()}) {
    EXPECT_TRUE(facts.head.parse_line(line + "\r\n"));
  }
  return facts;
}

std::string judged(const FetchFacts& facts) {
  const FetchResult result = judge_fetch(facts, {.host = "mta-sts.example.com"});
  return result ? "ok" : std::string(to_string(result.error().kind));
}

TEST(FetchFacts, JudgesLayerByLayer) {
  EXPECT_EQ(judged(good_facts()), "ok");
  const auto with = [](auto change) {
    FetchFacts facts = good_facts();
    change(facts);
    return judged(facts);
  };
  EXPECT_EQ(with([](FetchFacts& f) { f.dns = DnsOutcome::address_not_public; }), "address-not-public");
  EXPECT_EQ(with([](FetchFacts& f) { f.dns = DnsOutcome::not_reached; }), "dns-failure");
  EXPECT_EQ(with([](FetchFacts& f) { f.connect = ConnectOutcome::not_reached; }), "connect-failure");
  EXPECT_EQ(with([](FetchFacts& f) { f.sni = "example.com"; }), "tls-handshake");  // R65
  EXPECT_EQ(with([](FetchFacts& f) { f.sni.clear(); }), "tls-handshake");
  EXPECT_EQ(with([](FetchFacts& f) { f.tls_version = 0x0302; }), "tls-handshake");  // R76
  EXPECT_EQ(with([](FetchFacts& f) { f.tls = TlsOutcome::not_reached; }), "tls-handshake");
  EXPECT_EQ(with([](FetchFacts& f) { f.tls = TlsOutcome::not_reached, f.elapsed = 60001ms; }), "timeout");
  EXPECT_EQ(with([](FetchFacts& f) { f.elapsed = 60000ms; }), "ok");  // R71
  EXPECT_EQ(with([](FetchFacts& f) { f.elapsed = 60001ms; }), "timeout");
  EXPECT_EQ(with([](FetchFacts& f) { f.head = HttpHead(); }), "truncated");
  EXPECT_EQ(with([](FetchFacts& f) { ++f.received; }), "http-syntax");
  EXPECT_EQ(with([](FetchFacts& f) { --f.received; }), "truncated");  // R70
  EXPECT_EQ(with([](FetchFacts& f) { f.body = "x"; }), "policy-invalid");
  EXPECT_EQ(with([](FetchFacts& f) { f.not_begun = true; }), "fetch-internal");
}

TEST(FetchFacts, EveryKindHasItsWordAndResultType) {
  for (int kind = 0; kind <= static_cast<int>(FetchErrorKind::fetch_internal); ++kind) {
    const auto value = static_cast<FetchErrorKind>(kind);
    EXPECT_EQ(parse_fetch_error_kind(to_string(value)), value);
    EXPECT_FALSE(tlsrpt_result_type(value).empty());
  }
  EXPECT_EQ(parse_fetch_error_kind("none-such"), std::nullopt);
}

TEST(FetchFacts, ShowsForeignTextSafely) {
  FetchFacts facts = good_facts();
  facts.head = HttpHead();
  EXPECT_TRUE(facts.head.parse_line("HTTP/1.1 301 Moved\r\n"));
  EXPECT_TRUE(facts.head.parse_line("Location: https://\x80\xE2\x80\xAE/\r\n"));
  const auto result = judge_fetch(facts, {.host = "mta-sts.example.com"});
  EXPECT_EQ(result.error().detail.find('\x80'), std::string::npos);
}

}  // namespace
}  // namespace mta_sts::sender
