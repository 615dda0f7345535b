// Both address families: how long one waits for the other in DNS, and that connections to both are raced.
// RFC 8305.
#include <atomic>
#include <future>

#include "sender/dns/stub_resolver.hpp"
#include "unit/sender/curl_fetch_fixture.hpp"

namespace mta_sts::sender::fetching {
namespace {

constexpr std::string_view policy_host_name = "mta-sts.example.com";

bool has_v6_loopback() {
  return Listener("::1", 0, 1).stands();
}

class CurlFetchFamiliesTest : public CurlFetchTest {
 protected:
  int begun = 0;

  void SetUp() override {
    CurlFetchTest::SetUp();
    dns.now_says.clear();
    options.connect_deadline = 8s;  // a family that is waited for in vain is one too many
    options.deadline = 20s;
  }

  void order() {
    fetch->fetch(*DomainName::parse("example.com"),
                 {.begun = [this](const IpAddress&) { ++begun; },
                  .done = [this](FetchResult result) { results.push_back(std::move(result)); }});
  }

  bool ends(std::uint64_t limit_milliseconds = 6000) {
    return loop.run_until([&] { return !results.empty(); }, limit_milliseconds);
  }

  std::string word() const {
    return results.front() ? "ok" : std::string(to_string(results.front().error().kind));
  }

  /// A fetch that knows this address alone, and has begun.
  void begin_with(DnsType type, const char* address) {
    start();
    order();
    dns.answer(type, address_is(address));
    ASSERT_TRUE(loop.run_until([&] { return begun == 1; }));
  }
};

/// Asks a real name server that says nothing at all about one type.
class SilentTypeTest : public CurlFetchFamiliesTest {
 protected:
  std::unique_ptr<DnsTestServer> name_server;
  std::unique_ptr<StubResolver> stub;

  void start_without_answers(DnsType silent, const char* address) {
    const auto said = std::to_underlying(silent == DnsType::a ? DnsType::aaaa : DnsType::a);
    const IpAddress known = IpAddress::parse(address).value();
    const DnsBuilder::Bytes data(known.bytes().begin(), known.bytes().end());
    name_server = std::make_unique<DnsTestServer>(
        &loop.loop, [said, data](const DnsTestServer::Query& query) -> std::optional<DnsBuilder::Bytes> {
          DnsBuilder reply(policy_host_name, static_cast<DnsType>(said));
          const std::size_t type_at = 12 + policy_host_name.size() + 2 + 1;
          if (query.bytes.at(type_at) != said) {
            return std::nullopt;
          }
          return reply.id(query.id()).record(policy_host_name, said, 60, data).bytes();
        });
    StubResolverOptions dns_options;
    dns_options.deadline = 9s;
    dns_options.servers = {name_server->address()};
    stub = std::make_unique<StubResolver>(&loop.loop, std::move(dns_options));
    auto created = CurlFetch::create(&loop.loop, *stub, options);
    ASSERT_TRUE(created) << created.error().detail;
    fetch = *std::move(created);
  }

  void TearDown() override {
    stub.reset();
    name_server.reset();
    CurlFetchFamiliesTest::TearDown();
  }
};

TEST_F(SilentTypeTest, ASilentAaaaQuestionHoldsUpNoFetch) {
  serve_text(whole());
  start_without_answers(DnsType::aaaa, "127.0.0.1");
  order();
  ASSERT_TRUE(ends());
  EXPECT_EQ(word(), "ok") << detail();
}

TEST_F(SilentTypeTest, ASilentAQuestionHoldsUpNoFetch) {
  if (!has_v6_loopback()) {
    GTEST_SKIP() << "this host has no IPv6";
  }
  serve_text(whole(), true, {}, "::1");
  start_without_answers(DnsType::a, "::1");
  order();
  ASSERT_TRUE(ends());
  EXPECT_EQ(word(), "ok") << detail();
}

/// A policy host with an address of each family, one of which swallows packets.
class DeadFamilyTest : public CurlFetchFamiliesTest {
 protected:
  std::unique_ptr<BlackHole> hole;

  void SetUp() override {
    if (!has_v6_loopback()) {
      GTEST_SKIP() << "this host has no IPv6";
    }
    CurlFetchFamiliesTest::SetUp();
  }
  void kill(DnsType type) {
    const bool v6 = type == DnsType::aaaa;
    // The port that is free for one family may be another program's for the other.
    for (int tries = 0; tries < 20 && (!hole || !hole->stands()); ++tries) {
      serve_text(whole(), true, {}, v6 ? "127.0.0.1" : "::1");
      hole = std::make_unique<BlackHole>(v6 ? "::1" : "127.0.0.1", options.https_port);
    }
    ASSERT_TRUE(hole->stands());
    start();
    order();
  }
};

TEST_F(DeadFamilyTest, OfIpv6CostsNoFetch) {
  kill(DnsType::aaaa);
  dns.answer(DnsType::aaaa, address_is("::1"));
  dns.answer(DnsType::a, address_is("127.0.0.1"));
  ASSERT_TRUE(ends());
  EXPECT_EQ(word(), "ok") << detail();
}

TEST_F(DeadFamilyTest, OfIpv4CostsNoFetch) {
  kill(DnsType::a);
  dns.answer(DnsType::a, address_is("127.0.0.1"));
  dns.answer(DnsType::aaaa, address_is("::1"));
  ASSERT_TRUE(ends());
  EXPECT_EQ(word(), "ok") << detail();
}

TEST_F(DeadFamilyTest, OfIpv6CostsNoFetchWhereTheOtherAddressComesLate) {
  kill(DnsType::aaaa);
  dns.answer(DnsType::aaaa, address_is("::1"));
  ASSERT_TRUE(loop.run_until([&] { return begun == 1; }));
  dns.answer(DnsType::a, address_is("127.0.0.1"));
  ASSERT_TRUE(ends());
  EXPECT_EQ(word(), "ok") << detail();
  EXPECT_EQ(begun, 1);
}

TEST_F(DeadFamilyTest, OfIpv4CostsNoFetchWhereTheOtherAddressComesLate) {
  kill(DnsType::a);
  dns.answer(DnsType::a, address_is("127.0.0.1"));
  ASSERT_TRUE(loop.run_until([&] { return begun == 1; }));
  dns.answer(DnsType::aaaa, address_is("::1"));
  ASSERT_TRUE(ends());
  EXPECT_EQ(word(), "ok") << detail();
  EXPECT_EQ(begun, 1);
}

TEST_F(CurlFetchFamiliesTest, AnAddressThatComesLateDoesNotDisturbAConnection) {
  std::promise<void> late;
  std::atomic<bool> asked{false};
  serve([&, released = late.get_future().share()](TlsConnection& connection) {
    connection.read_request();
    asked = true;
    released.wait_for(8s);
    connection.write(whole());
    connection.close_notify();
  });
  begin_with(DnsType::a, "127.0.0.1");
  ASSERT_TRUE(loop.run_until([&] { return asked.load(); }));
  dns.answer(DnsType::aaaa, address_is("::1"));
  late.set_value();
  ASSERT_TRUE(ends());
  EXPECT_EQ(word(), "ok") << detail();
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(CurlFetchFamiliesTest, AnAddressThatComesAfterTheEndIsDropped) {
  serve_text(whole());
  begin_with(DnsType::a, "127.0.0.1");
  ASSERT_TRUE(ends());
  dns.answer(DnsType::aaaa, address_is("::1"));
  EXPECT_EQ(word(), "ok") << detail();
  EXPECT_EQ(results.size(), 1U);
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(CurlFetchFamiliesTest, WhereTheAddressesAtHandFailTheOtherQuestionIsWaitedFor) {
  serve_text(whole());
  begin_with(DnsType::aaaa, "127.0.0.2");  // nobody listens there
  EXPECT_FALSE(ends(200));
  dns.answer(DnsType::a, address_is("127.0.0.1"));
  ASSERT_TRUE(ends());
  EXPECT_EQ(word(), "ok") << detail();
  EXPECT_EQ(begun, 1);
}

TEST_F(CurlFetchFamiliesTest, TheConnectionIsToBlameWhereTheOtherQuestionBringsNothing) {
  serve_text(whole());
  for (const DnsStatus status : {DnsStatus::timeout, DnsStatus::no_data}) {
    results.clear();
    begun = 0;
    begin_with(DnsType::a, "127.0.0.2");
    EXPECT_FALSE(ends(200));
    dns.answer(DnsType::aaaa, fails(status));
    ASSERT_TRUE(ends());
    EXPECT_EQ(word(), "connect-failure") << detail();
    ASSERT_EQ(results.front().error().tried.size(), 1U);
    fetch.reset();
  }
}

TEST_F(CurlFetchFamiliesTest, WithoutAnAddressTheOtherQuestionDecides) {
  options.https_port = 1;
  const auto outcome = [&](const DnsAnswer& first, const DnsAnswer& second) {
    results.clear();
    start();
    order();
    dns.answer(DnsType::a, first);
    EXPECT_FALSE(ends(100));
    dns.answer(DnsType::aaaa, second);
    EXPECT_TRUE(ends());
    fetch.reset();
    return word() + (results.front().error().may_pass ? " may pass" : "");
  };
  EXPECT_EQ(outcome(fails(DnsStatus::no_data), fails(DnsStatus::timeout)), "dns-failure may pass");
  EXPECT_EQ(outcome(fails(DnsStatus::no_data), fails(DnsStatus::no_data)), "dns-failure");
  options.allow_private = false;
  EXPECT_EQ(outcome(address_is("127.0.0.1"), fails(DnsStatus::timeout)), "address-not-public");
}

TEST_F(DeadFamilyTest, OfIpv6ThatIsKnownWaitsForTheOtherQuestion) {
  options.connect_deadline = 2s;
  kill(DnsType::aaaa);
  dns.answer(DnsType::aaaa, address_is("::1"));
  dns.answer(DnsType::a, fails(DnsStatus::no_data));
  ASSERT_TRUE(ends());
  EXPECT_EQ(word(), "connect-failure");
  results.clear();
  order();
  dns.answer(DnsType::aaaa, address_is("::1"));
  EXPECT_FALSE(ends(100));
  dns.answer(DnsType::a, address_is("127.0.0.1"));
  ASSERT_TRUE(ends());
  EXPECT_EQ(word(), "ok") << detail();
}

}  // namespace
}  // namespace mta_sts::sender::fetching
