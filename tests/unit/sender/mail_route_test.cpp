#include "sender/dns/mail_route.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

#include "unit/sender/fakes.hpp"

namespace mta_sts::sender {
namespace {

using namespace std::chrono_literals;
using namespace fakes;

/// Answers by name and type; what it does not know does not exist, and is signed.
class TypedDns final : public DnsLookup {
 public:
  std::map<std::pair<std::string, DnsType>, DnsAnswer> says;
  std::vector<std::pair<std::string, DnsType>> asked;

  void lookup(std::string_view name, DnsType type, Done done) override {
    asked.emplace_back(name, type);
    const auto found = says.find({std::string(name), type});
    DnsAnswer nothing;
    nothing.status = DnsStatus::nx_domain;
    nothing.ttl = 300s;
    nothing.authenticated = true;
    done(found != says.end() ? found->second : nothing);
  }
};

DnsAnswer found(std::vector<DnsData> records, bool authenticated = true) {
  DnsAnswer answer;
  answer.status = DnsStatus::no_error;
  answer.records = std::move(records);
  answer.ttl = 300s;
  answer.authenticated = authenticated;
  return answer;
}

const TlsaData good_tlsa{.usage = 3, .selector = 1, .matching_type = 1, .association = std::string(32, 'x')};

class MailRouteTest : public testing::Test {
 protected:
  TypedDns dns;
  FakeClock clock;

  void mx(const std::vector<std::pair<std::uint16_t, std::string>>& hosts, bool authenticated = true) {
    std::vector<DnsData> records;
    for (const auto& [preference, host] : hosts) {
      records.emplace_back(MxData{.preference = preference, .host = host});
    }
    dns.says[{"example.com", DnsType::mx}] = found(records, authenticated);
  }
  void address(const std::string& host, bool authenticated = true, std::vector<std::string> aliases = {}) {
    DnsAnswer answer = found({*IpAddress::parse("192.0.2.1")}, authenticated);
    answer.aliases = std::move(aliases);
    dns.says[{host, DnsType::a}] = answer;
  }
  void tlsa(const std::string& owner, const TlsaData& record = good_tlsa, bool authenticated = true) {
    dns.says[{owner, DnsType::tlsa}] = found({record}, authenticated);
  }

  MailRoute find(bool dane = true, bool host_itself = false, std::uint16_t port = 25) {
    MailRoutes routes(dns, clock, {.dane = dane});
    return find_by(routes, host_itself, port);
  }
  static MailRoute find_by(MailRoutes& routes, bool host_itself = false, std::uint16_t port = 25) {
    MailRoute route;
    int answers = 0;
    routes.find({.name = *DomainName::parse("example.com"), .host_itself = host_itself, .port = port},
                [&](const MailRoute& found_route) {
                  route = found_route;
                  ++answers;
                });
    EXPECT_EQ(answers, 1);
    return route;
  }
  HostDane dane_of_one_host() {
    const MailRoute route = find();
    return route.hosts.size() == 1 ? route.hosts.front().dane : HostDane::unknown;
  }
  /// One host behind signed MX records, with a signed address.
  void one_signed_host() {
    mx({{10, "mx.example.com"}});
    address("mx.example.com");
  }
};

TEST_F(MailRouteTest, GivesTheHostsInTheirOrderEachOnce) {
  mx({{20, "b.example.com"}, {10, "a.example.com"}, {30, "a.example.com"}});
  const MailRoute route = find(false);
  EXPECT_EQ(route.hosts,
            (std::vector<MailHost>{{.name = "a.example.com", .preference = 10, .dane = HostDane::none},
                                   {.name = "b.example.com", .preference = 20, .dane = HostDane::none}}));
  EXPECT_EQ(dns.asked, (std::vector{std::pair(std::string("example.com"), DnsType::mx)}));
}

TEST_F(MailRouteTest, TakesTheDomainForItsHostWhereThereIsNoMx) {  // R118
  EXPECT_EQ(find(false).hosts, (std::vector<MailHost>{{.name = "example.com"}}));
  address("example.com");
  tlsa("_25._tcp.example.com");
  EXPECT_EQ(dane_of_one_host(), HostDane::usable);
}

TEST_F(MailRouteTest, HasNoHostsWhereTheDomainTakesNoMail) {
  mx({{0, ""}});
  EXPECT_TRUE(find().hosts.empty());
  EXPECT_FALSE(find().failed);
}

TEST_F(MailRouteTest, SaysThatDnsDidNotSay) {
  for (const DnsStatus status :
       {DnsStatus::serv_fail, DnsStatus::refused, DnsStatus::timeout, DnsStatus::cname_loop}) {
    dns.says[{"example.com", DnsType::mx}] = fails(status);
    EXPECT_TRUE(find().failed);
  }
}

TEST_F(MailRouteTest, FindsUsableRecordsBehindSignedOnes) {  // R120
  one_signed_host();
  tlsa("_25._tcp.mx.example.com");
  EXPECT_EQ(dane_of_one_host(), HostDane::usable);
}

TEST_F(MailRouteTest, DoesNotAskForTlsaBehindWhatAnybodyMayHaveWritten) {  // R123
  tlsa("_25._tcp.mx.example.com");
  mx({{10, "mx.example.com"}}, false);
  address("mx.example.com");
  EXPECT_EQ(dane_of_one_host(), HostDane::none);
  mx({{10, "mx.example.com"}});
  address("mx.example.com", false);
  EXPECT_EQ(dane_of_one_host(), HostDane::none);
  EXPECT_EQ(std::ranges::count(dns.asked, std::pair(std::string("_25._tcp.mx.example.com"), DnsType::tlsa)),
            0);
  address("mx.example.com");
  tlsa("_25._tcp.mx.example.com", good_tlsa, false);
  EXPECT_EQ(dane_of_one_host(), HostDane::none);
}

TEST_F(MailRouteTest, TellsUnusableRecordsFromUsableOnes) {  // R121
  one_signed_host();
  tlsa("_25._tcp.mx.example.com",
       {.usage = 1, .selector = 1, .matching_type = 1, .association = std::string(32, 'x')});
  EXPECT_EQ(dane_of_one_host(), HostDane::none);
}

TEST_F(MailRouteTest, KnowsNothingOfAHostWhoseLookupFails) {  // R122
  one_signed_host();
  dns.says[{"_25._tcp.mx.example.com", DnsType::tlsa}] = fails();
  EXPECT_EQ(dane_of_one_host(), HostDane::unknown);
  dns.says[{"mx.example.com", DnsType::a}] = fails(DnsStatus::timeout);
  EXPECT_EQ(dane_of_one_host(), HostDane::unknown);
}

TEST_F(MailRouteTest, LooksAtIpv6WhereThereIsNoIpv4) {
  mx({{10, "mx.example.com"}});
  DnsAnswer none = found({});
  none.status = DnsStatus::no_data;
  dns.says[{"mx.example.com", DnsType::a}] = none;
  dns.says[{"mx.example.com", DnsType::aaaa}] = found({*IpAddress::parse("2001:db8::1")});
  tlsa("_25._tcp.mx.example.com");
  EXPECT_EQ(dane_of_one_host(), HostDane::usable);
}

TEST_F(MailRouteTest, LooksUnderAnAliassTargetFirstThenUnderTheHostsName) {  // RFC 7672 section 2.2.3
  mx({{10, "mx.example.com"}});
  address("mx.example.com", true, {"between.example.net", "host.example.net"});
  tlsa("_25._tcp.mx.example.com");
  EXPECT_EQ(dane_of_one_host(), HostDane::usable);
  EXPECT_EQ(std::ranges::count(dns.asked, std::pair(std::string("_25._tcp.host.example.net"), DnsType::tlsa)),
            1);
  dns.says[{"_25._tcp.host.example.net", DnsType::tlsa}] = fails();
  EXPECT_EQ(dane_of_one_host(), HostDane::unknown);  // a failure is not "none"
}

TEST_F(MailRouteTest, BelievesASignedAliasToAnUnsignedName) {
  mx({{10, "mx.example.com"}});
  address("mx.example.com", false, {"host.example.net"});
  tlsa("_25._tcp.mx.example.com");
  dns.says[{"mx.example.com", DnsType::cname}] = found({std::string("host.example.net")});
  EXPECT_EQ(dane_of_one_host(), HostDane::usable);
  dns.says[{"mx.example.com", DnsType::cname}] = found({std::string("host.example.net")}, false);
  EXPECT_EQ(dane_of_one_host(), HostDane::none);
}

TEST_F(MailRouteTest, AsksUnderThePortForAHostItself) {
  address("example.com");
  tlsa("_587._tcp.example.com");
  const MailRoute route = find(true, true, 587);
  EXPECT_EQ(route.hosts,
            (std::vector<MailHost>{{.name = "example.com", .preference = 0, .dane = HostDane::usable}}));
  EXPECT_EQ(std::ranges::count(dns.asked, std::pair(std::string("example.com"), DnsType::mx)), 0);
}

TEST_F(MailRouteTest, KnowsNothingOfHostsBeyondItsLimit) {
  std::vector<std::pair<std::uint16_t, std::string>> hosts;
  for (int i = 0; i < 40; ++i) {
    hosts.emplace_back(static_cast<std::uint16_t>(i), "mx" + std::to_string(i) + ".example.com");
  }
  mx(hosts);
  const MailRoute route = find();
  EXPECT_EQ(route.hosts[31].dane, HostDane::none);
  EXPECT_EQ(route.hosts[32].dane, HostDane::unknown);
  EXPECT_EQ(dns.asked.size(), 33U);
}

TEST_F(MailRouteTest, RemembersForTheTtlAndAFailureForLess) {
  MailRoutes routes(dns, clock, {.dane = false});
  mx({{10, "mx.example.com"}});
  dns.says[{"example.com", DnsType::mx}].ttl = 60s;
  static_cast<void>(find_by(routes));
  clock.advance(59s);
  static_cast<void>(find_by(routes));
  EXPECT_EQ(dns.asked.size(), 1U);
  clock.advance(1s);
  dns.says[{"example.com", DnsType::mx}] = fails();
  EXPECT_TRUE(find_by(routes).failed);
  EXPECT_EQ(dns.asked.size(), 2U);
  mx({{10, "mx.example.com"}});
  clock.advance(5s);
  EXPECT_FALSE(find_by(routes).failed);
  clock.advance(-600s);  // a clock set back ends it
  static_cast<void>(find_by(routes));
  EXPECT_EQ(dns.asked.size(), 4U);
}

TEST_F(MailRouteTest, AsksOnceForManyAndBoundsWhatRunsAtOnce) {
  FakeDns slow;
  MailRoutes routes(slow, clock, {.dane = false, .searches = 2});
  int answers = 0;
  const auto ask = [&](const std::string& domain) {
    routes.find({.name = *DomainName::parse(domain)}, [&](const MailRoute&) { ++answers; });
  };
  for (const char* domain : {"a.example", "a.example", "b.example", "c.example"}) {
    ask(domain);
  }
  EXPECT_EQ(slow.asked, 2U);
  slow.answer(fails());
  EXPECT_EQ(answers, 2);
  EXPECT_EQ(slow.asked, 3U);
  slow.answer(fails());
  slow.answer(fails());
  EXPECT_EQ(answers, 4);
}

TEST_F(MailRouteTest, ForgetsWhatWasNotAskedForWhenItIsFull) {
  MailRoutes routes(dns, clock, {.dane = false, .remembered = 8});
  for (int i = 0; i < 1000; ++i) {
    routes.find({.name = *DomainName::parse("d" + std::to_string(i) + ".example")}, [](const MailRoute&) {});
  }
  EXPECT_EQ(dns.asked.size(), 1000U);
  routes.find({.name = *DomainName::parse("d999.example")}, [](const MailRoute&) {});
  EXPECT_EQ(dns.asked.size(), 1000U);
  routes.find({.name = *DomainName::parse("d900.example")}, [](const MailRoute&) {});
  EXPECT_EQ(dns.asked.size(), 1001U);
}

TEST_F(MailRouteTest, DropsAnswersThatComeAfterItsEnd) {
  FakeDns slow;
  {
    MailRoutes routes(slow, clock, {.dane = false});
    routes.find({.name = *DomainName::parse("a.example")}, [](const MailRoute&) { FAIL(); });
  }
  slow.answer(fails());
}

}  // namespace
}  // namespace mta_sts::sender
