#include <gtest/gtest.h>

#include "sender/decide/domain_cache.hpp"
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

class DomainCacheTest : public testing::Test {
 protected:
  std::chrono::sys_seconds now{std::chrono::seconds(1'000'000'000)};
  std::vector<std::string> dropped;

  DomainCache make(std::size_t entries, std::size_t bytes = 1U << 20U) {
    return {{.entries = entries, .bytes = bytes, .row_bytes = bytes},
            [this](const std::string& domain, const DomainEntry&) { dropped.push_back(domain); }};
  }
  void add(DomainCache& cache, const std::string& domain, std::string_view mode,
           std::uint64_t max_age = 86400) {
    DomainEntry* entry = cache.remember(domain, EvictionRank::enforce_asked_once, now);
    ASSERT_NE(entry, nullptr) << domain;
    entry->asks = 2;
    if (!mode.empty()) {
      const FetchResult result = serves(mode, max_age);
      static_cast<void>(
          entry->state.conclude(Occasion::lookup, {.outcome = TxtOutcome::ok, .id = "A"}, &result, now));
    } else {
      entry->txt.asked = now;
      entry->txt.until = now + 60s;
    }
    cache.recount(domain, now);
  }
};

TEST_F(DomainCacheTest, DropsWhatCostsLeastFirst) {  // R95
  DomainCache cache = make(5);
  add(cache, "testing.example", "testing");
  add(cache, "absent.example", "");
  add(cache, "none.example", "none");
  add(cache, "enforce.example", "enforce");
  add(cache, "short.example", "enforce", 10);
  now += 20s;
  for (const char* domain : {"n1.example", "n2.example", "n3.example", "n4.example"}) {
    add(cache, domain, "enforce");
  }
  EXPECT_EQ(dropped,
            (std::vector<std::string>{"short.example", "none.example", "absent.example", "testing.example"}));
  EXPECT_EQ(cache.remember("n5.example", EvictionRank::enforce_asked_once, now), nullptr);
  EXPECT_NE(cache.find("enforce.example"), nullptr);
  EXPECT_EQ(cache.size(), 5U);
}

TEST_F(DomainCacheTest, CountsMemoryAndGivesItBack) {
  DomainCache cache = make(1000, 20000);
  for (int i = 0; i < 500; ++i) {
    add(cache, "d" + std::to_string(i) + ".example", "none");
  }
  EXPECT_LE(cache.bytes(), 20000U);
  EXPECT_GT(cache.size(), 10U);
  std::vector<std::string> left;
  cache.visit_all([&](const std::string& domain, const DomainEntry&) { left.push_back(domain); });
  for (const std::string& domain : left) {
    EXPECT_TRUE(cache.erase(domain));
  }
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST_F(DomainCacheTest, VisitsEveryEntryInItsTurn) {
  DomainCache cache = make(1000);
  for (int i = 0; i < 300; ++i) {
    add(cache, "d" + std::to_string(i) + ".example", "enforce");
  }
  std::map<std::string, int> seen;
  for (int i = 0; i < 60; ++i) {
    cache.visit_some(60, [&](const std::string& domain, DomainEntry&) { return ++seen[domain] < 1000; });
  }
  EXPECT_EQ(seen.size(), 300U);
  for (int i = 0; i < 60; ++i) {
    cache.visit_some(60, [](const std::string&, DomainEntry&) { return false; });
  }
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.bytes(), 0U);
}

}  // namespace
}  // namespace mta_sts::sender
