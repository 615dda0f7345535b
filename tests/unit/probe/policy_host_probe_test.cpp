// One address of a policy host, asked for everything over few connections.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/policy_host_probe.hpp"
#include "unit/probe/hostile_peer.hpp"

namespace mta_sts::probe {
namespace {

using check::HttpsFact;
using check::HttpsFacts;
using check::Reach;
using sender::fakes::TlsConnection;
using testing::Each;
using testing::Field;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

void serve_until_closed(TlsConnection& peer, const std::string& status) {
  std::string request = peer.read_request();
  while (request.ends_with("\r\n\r\n")) {
    const bool has_body = request.starts_with("GET");
    peer.write("HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n\r\n" + (has_body ? "hi" : ""));
    request = peer.read_request();
  }
}

class PolicyHostProbe : public ProbeTest {
 protected:
  HttpsFacts probe(sender::fakes::TlsTestServer::Handler handler, int max_version = TLS1_3_VERSION) {
    const auto chain = certificate("DNS:mta-sts.example.com");
    sender::fakes::TlsTestServer server(chain.get(), key.get(), std::move(handler), max_version);
    HttpsFacts seen = probe_at({.address = *IpAddress::parse("127.0.0.1"), .port = server.port});
    connections = server.connections();
    return seen;
  }

  HttpsFacts probe_at(const Endpoint& endpoint) {
    longest = std::chrono::seconds(5);
    const HttpsTarget policy{.host = "mta-sts.example.com",
                             .path = "/.well-known/mta-sts.txt",
                             .user_agent = "mta-sts",
                             .endpoint = endpoint};
    return probe_policy_host(policy, tls, {.exchange = exchange, .total = Deadline::in(longest)});
  }

  std::chrono::milliseconds exchange{4000};
  int connections = 0;
};

TEST_F(PolicyHostProbe, LearnsAllOverThreeConnections) {
  const HttpsFacts seen = probe([](TlsConnection& peer) { serve_until_closed(peer, "200 OK"); });
  EXPECT_EQ(connections, 3);
  ASSERT_THAT(seen.by_address, SizeIs(1));
  EXPECT_EQ(seen.by_address.front().user_agent, "mta-sts");
  EXPECT_EQ(seen.by_address.front().body, "hi");
  EXPECT_THAT(seen.by_user_agent, SizeIs(4));
  EXPECT_THAT(seen.by_user_agent, Each(Field(&HttpsFact::body, "hi")));
  EXPECT_THAT(seen.by_user_agent, Each(Field(&HttpsFact::reach, Reach::connected)));
  ASSERT_TRUE(seen.head);
  EXPECT_EQ(seen.head->status, 200);
  EXPECT_TRUE(seen.elsewhere.empty());
  ASSERT_TRUE(seen.without_sni);
  EXPECT_TRUE(seen.without_sni->established);
  EXPECT_TRUE(seen.without_sni->certificate);
  EXPECT_THAT(seen.tls_versions,
              UnorderedElementsAre(Pair("TLSv1.1", true), Pair("TLSv1.2", true), Pair("TLSv1.3", true)));
}

TEST_F(PolicyHostProbe, AsksTheWrongPlacesOverTheSecondConnectionOfARefusal) {
  const HttpsFacts seen = probe([](TlsConnection& peer) { serve_until_closed(peer, "404 Not Found"); });
  EXPECT_EQ(connections, 4);
  EXPECT_THAT(seen.elsewhere, SizeIs(7));
  EXPECT_THAT(seen.elsewhere, Each(Field(&HttpsFact::status, 404)));
}

TEST_F(PolicyHostProbe, KnowsTheVersionsOfATls12Server) {
  const HttpsFacts seen =
      probe([](TlsConnection& peer) { serve_until_closed(peer, "200 OK"); }, TLS1_2_VERSION);
  EXPECT_EQ(connections, 3);
  EXPECT_THAT(seen.tls_versions,
              UnorderedElementsAre(Pair("TLSv1.1", true), Pair("TLSv1.2", true), Pair("TLSv1.3", false)));
}

TEST_F(PolicyHostProbe, FindsTheOldVersionThatAServerSpeaksAlone) {
  const HttpsFacts seen =
      probe([](TlsConnection& peer) { serve_until_closed(peer, "200 OK"); }, TLS1_VERSION);
  EXPECT_FALSE(seen.by_address.front().tls.established);
  ASSERT_TRUE(seen.without_sni);
  EXPECT_FALSE(seen.without_sni->established);
  EXPECT_THAT(seen.tls_versions, UnorderedElementsAre(Pair("TLSv1", true), Pair("TLSv1.1", false),
                                                      Pair("TLSv1.2", false), Pair("TLSv1.3", false)));
}

TEST_F(PolicyHostProbe, LearnsOfTlsWhereHttpIsSilent) {
  exchange = short_wait;
  const HttpsFacts seen = probe([](TlsConnection& peer) { peer.wait_for_close(); });
  EXPECT_EQ(connections, 3);
  EXPECT_TRUE(seen.by_address.front().tls.established);
  EXPECT_THAT(seen.by_user_agent, Each(Field(&HttpsFact::reach, Reach::not_tried)));
  EXPECT_EQ(seen.tls_versions.at("TLSv1.2"), true);
}

TEST_F(PolicyHostProbe, MakesNoFurtherHandshakesWhereOneGetsNoAnswer) {
  exchange = std::chrono::milliseconds(300);
  std::atomic<int> contacts{0};
  HostileServer server([&](Peer& peer) {
    ++contacts;
    peer.hear_to_the_end();
  });
  const HttpsFacts seen = probe_at(server.endpoint());
  EXPECT_EQ(contacts, 2);
  EXPECT_EQ(seen.by_address.front().reach, Reach::connected);
  EXPECT_FALSE(seen.without_sni);
  EXPECT_THAT(seen.tls_versions, SizeIs(0));
}

TEST_F(PolicyHostProbe, AsksAClosedAddressOnce) {
  const auto closed = [] {
    const HostileServer gone([](Peer&) {});
    return gone.endpoint();
  }();
  const HttpsFacts seen = probe_at(closed);
  EXPECT_EQ(seen.by_address.front().reach, Reach::refused);
  EXPECT_THAT(seen.by_user_agent, Each(Field(&HttpsFact::reach, Reach::not_tried)));
  EXPECT_FALSE(seen.without_sni);
  EXPECT_THAT(seen.tls_versions, SizeIs(0));
}

}  // namespace
}  // namespace mta_sts::probe
