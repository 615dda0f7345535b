// What a stranger's domain can make this machine do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "probe/gatherer.hpp"
#include "unit/probe/hostile_peer.hpp"
#include "unit/sender/fakes.hpp"

namespace mta_sts::probe {
namespace {

using check::Facts;
using check::Reach;

/// A zone in the hands of an enemy: what is not in it does not exist.
class EvilDns final : public sender::DnsLookup {
 public:
  void lookup(std::string_view name, sender::DnsType type, Done done) override {
    const auto found = records.find({std::string(name), type});
    sender::DnsAnswer answer;
    answer.status = found == records.end() ? DnsStatus::no_data : DnsStatus::no_error;
    if (found != records.end()) {
      answer.records = found->second;
    }
    if (failing.contains({std::string(name), type})) {
      answer.status = DnsStatus::serv_fail;
    }
    done(answer);
  }

  void add(const std::string& name, const std::string& address) {
    const auto parsed = *IpAddress::parse(address);
    records[{name, parsed.is_v6() ? sender::DnsType::aaaa : sender::DnsType::a}].emplace_back(parsed);
  }

  void add_mx(const std::string& name) {
    records[{"example.com", sender::DnsType::mx}].emplace_back(
        sender::MxData{.preference = 10, .host = name});
  }

  std::map<std::pair<std::string, sender::DnsType>, std::vector<sender::DnsData>> records;
  std::set<std::pair<std::string, sender::DnsType>> failing;
};

// A port on loopback where nothing listens.
std::uint16_t closed_port() {
  const HostileServer gone([](Peer&) {});
  return gone.endpoint().port;
}

class GathererOfEvil : public ProbeTest {
 protected:
  Facts gather(std::uint16_t port, bool private_allowed) {
    longest = std::chrono::seconds(8);
    uv_loop_t loop;
    uv_loop_init(&loop);
    Facts seen;
    {
      GatherOptions options;
      options.https_port = port;
      options.smtp_port = port;
      options.private_allowed = private_allowed;
      options.exchange_deadline = std::chrono::seconds(2);
      options.total_deadline = std::chrono::seconds(5);
      options.random_label = "q";
      options.before_connections = [this](std::size_t connections) { announced = connections; };
      const DnsSources sources{
          .resolver = &dns, .without_checking = nullptr, .authority = [&](const IpAddress& at) {
            authorities_asked.insert(at.to_text());
            return &dns;
          }};
      Gatherer gatherer(&loop, sources, tls, clock, options);
      gatherer.gather(*DomainName::parse("example.com"), {}, [&](Facts facts) { seen = std::move(facts); });
      uv_run(&loop, UV_RUN_DEFAULT);
    }
    uv_loop_close(&loop);
    return seen;
  }

  EvilDns dns;
  std::size_t announced = 0;
  sender::fakes::FakeClock clock;
  std::set<std::string> authorities_asked;
};

TEST_F(GathererOfEvil, ContactsNoPrivateAddressInAnyDress) {
  std::atomic<int> contacts{0};
  const HostileServer server([&](Peer&) { ++contacts; });
  dns.add_mx("mx.example.com");
  dns.records[{"example.com", sender::DnsType::ns}].emplace_back(std::string("ns.example.com"));
  dns.records[{"_smtp._tls.example.com", sender::DnsType::txt}].emplace_back(
      sender::TxtData{"v=TLSRPTv1; rua=https://rua.example.com/r"});
  const std::vector<std::string> inside{
      "127.0.0.1",       "::1",           "::ffff:127.0.0.1", "10.0.0.1",   "0.0.0.0",     "169.254.0.1",
      "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1",          "fd00::1",    "192.168.1.1", "100.64.0.1",
      "172.16.0.1",      "224.0.0.1",     "255.255.255.255",  "::127.0.0.1"};
  for (const std::string host :
       {"mx.example.com", "mta-sts.example.com", "example.com", "rua.example.com", "ns.example.com"}) {
    for (const std::string& address : inside) {
      dns.add(host, address);
    }
  }
  const Facts facts = gather(server.endpoint().port, false);
  EXPECT_EQ(contacts, 0);
  EXPECT_TRUE(authorities_asked.empty());
  EXPECT_FALSE(facts.smtp.empty());
  for (const check::SmtpFact& fact : facts.smtp) {
    EXPECT_EQ(fact.reach, Reach::forbidden_address) << fact.address;
  }
  EXPECT_FALSE(facts.https.by_address.empty());
  for (const check::HttpsFact& fact : facts.https.by_address) {
    EXPECT_EQ(fact.reach, Reach::forbidden_address) << fact.address;
  }
  EXPECT_TRUE(facts.https.elsewhere.empty());
  ASSERT_EQ(facts.rua.size(), 1U);
  EXPECT_FALSE(facts.rua.front().tls);
}

TEST_F(GathererOfEvil, IsNoWeaponAgainstManyAddresses) {
  std::uint16_t closed = 0;
  {
    const HostileServer server([](Peer&) {});
    closed = server.endpoint().port;
  }
  for (int host = 0; host < 30; ++host) {
    const std::string name = "mx" + std::to_string(host) + ".example.com";
    dns.add_mx(name);
    for (int address = 1; address <= 16; ++address) {
      dns.add(name, "127.1." + std::to_string(host) + "." + std::to_string(address));
    }
  }
  const Facts facts = gather(closed, true);
  EXPECT_EQ(facts.smtp.size(), 30U * 16U);
  std::set<std::string> hosts;
  const auto tried = std::ranges::count_if(facts.smtp, [&](const check::SmtpFact& fact) {
    if (fact.reach != Reach::not_tried) {
      hosts.insert(fact.mx);
    }
    return fact.reach != Reach::not_tried;
  });
  EXPECT_EQ(tried, 20);
  EXPECT_EQ(hosts.size(), 20U);  // the first address of each, not every address of the first
}

TEST_F(GathererOfEvil, TriesAllAddressesOfAnHonestDomain) {
  std::uint16_t closed = 0;
  {
    const HostileServer server([](Peer&) {});
    closed = server.endpoint().port;
  }
  for (const std::string name : {"mx1.example.com", "mx2.example.com"}) {
    dns.add_mx(name);
    for (int address = 1; address <= 10; ++address) {
      dns.add(name, "127.1.1." + std::to_string(address));
    }
  }
  const Facts facts = gather(closed, true);
  EXPECT_EQ(facts.smtp.size(), 20U);
  for (const check::SmtpFact& fact : facts.smtp) {
    EXPECT_EQ(fact.reach, Reach::refused) << fact.mx << fact.address;
  }
}

TEST_F(GathererOfEvil, TakesNoFailedLookupForAnEmptyAnswer) {
  EXPECT_EQ(gather(closed_port(), true).dns.has_wildcard_mx, std::optional(false));
  dns.failing.insert({"q.example.com", sender::DnsType::mx});
  EXPECT_EQ(gather(closed_port(), true).dns.has_wildcard_mx, std::nullopt);
}

TEST_F(GathererOfEvil, SaysNothingOfTlsWhereThePolicyHostIsClosed) {
  dns.add("mta-sts.example.com", "127.0.0.1");
  const Facts facts = gather(closed_port(), true);
  ASSERT_EQ(facts.https.by_address.size(), 1U);
  EXPECT_EQ(facts.https.by_address.front().reach, Reach::refused);
  EXPECT_TRUE(facts.https.tls_versions.empty());
  EXPECT_FALSE(facts.https.without_sni);
}

TEST_F(GathererOfEvil, AnnouncesAConnectionForEachThatMayWait) {
  dns.add("mta-sts.example.com", "127.0.0.1");
  dns.add("example.com", "127.0.0.1");  // asked for a policy, and for mail as there is no MX
  (void)gather(closed_port(), true);
  EXPECT_GE(announced, 3U);
}

/// Keeps every question until it is told to answer.
class SlowDns final : public sender::DnsLookup {
 public:
  void lookup(std::string_view name, sender::DnsType, Done done) override {
    names.insert(std::string(name));
    kept.push_back(std::move(done));
  }
  void answer_all() {
    for (const Done& done : std::exchange(kept, {})) {
      sender::DnsAnswer nothing;
      nothing.status = DnsStatus::no_data;
      done(nothing);
    }
  }

  std::set<std::string> names;
  std::vector<Done> kept;
};

TEST_F(GathererOfEvil, SendsAListOfDomainsInNoBurstThatAResolverLoses) {
  longest = std::chrono::seconds(8);
  uv_loop_t loop;
  uv_loop_init(&loop);
  SlowDns slow;
  std::size_t done = 0;
  {
    const DnsSources sources{.resolver = &slow, .without_checking = nullptr, .authority = nullptr};
    Gatherer gatherer(&loop, sources, tls, clock, {});
    for (int i = 0; i < 35; ++i) {
      gatherer.gather(*DomainName::parse("d" + std::to_string(i) + ".example.com"), {},
                      [&](const Facts&) { ++done; });
    }
    const auto begun = std::ranges::count_if(
        slow.names, [](const std::string& name) { return name.starts_with("_mta-sts.d"); });
    EXPECT_LT(slow.kept.size(), 300U);
    EXPECT_GT(begun, 0);
    for (int round = 0; round < 40 && done < 35; ++round) {
      EXPECT_LT(slow.kept.size(), 300U);
      slow.answer_all();
    }
    uv_run(&loop, UV_RUN_DEFAULT);
  }
  uv_loop_close(&loop);
  EXPECT_EQ(done, 35U);
}

}  // namespace
}  // namespace mta_sts::probe
