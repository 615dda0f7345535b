// One address of a policy host, asked for everything over few connections.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

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

TEST_F(PolicyHostProbe, LearnsAllOverFourConnections) {
  const HttpsFacts seen = probe([](TlsConnection& peer) { serve_until_closed(peer, "200 OK"); });
  EXPECT_EQ(connections, 4);
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

TEST_F(PolicyHostProbe, AsksTheWrongPlacesWhereThePolicyIsRefused) {
  const HttpsFacts seen = probe([](TlsConnection& peer) { serve_until_closed(peer, "404 Not Found"); });
  EXPECT_EQ(connections, 5);
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
  EXPECT_EQ(connections, 4);
  EXPECT_TRUE(seen.by_address.front().tls.established);
  EXPECT_THAT(seen.by_user_agent, Each(Field(&HttpsFact::reach, Reach::not_tried)));
  EXPECT_EQ(seen.tls_versions.at("TLSv1.2"), true);
}

TEST_F(PolicyHostProbe, MakesNoFurtherHandshakesWhereOneGetsNoAnswer) {
  exchange = std::chrono::milliseconds(1500);  // a busy host does not connect in a few hundred
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

TEST_F(PolicyHostProbe, TellsAServerThatIsSilentToOneUserAgentFromOneThatIsClosed) {
  exchange = short_wait;
  const HttpsFacts seen = probe([](TlsConnection& peer) {
    std::string request = peer.read_request();
    while (request.ends_with("\r\n\r\n") && request.find("User-Agent") != std::string::npos) {
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
      request = peer.read_request();
    }
    peer.wait_for_close();
  });
  EXPECT_EQ(seen.by_address.front().status, 200);
  EXPECT_EQ(seen.by_user_agent.front().user_agent, "");
  EXPECT_EQ(seen.by_user_agent.front().reach, Reach::connected);
  EXPECT_EQ(seen.by_user_agent.front().status, 0);
  EXPECT_EQ(seen.by_user_agent.back().reach, Reach::not_tried);
}

TEST_F(PolicyHostProbe, BlamesNoUserAgentForAConnectionThatIsKeptAndNotServed) {
  exchange = std::chrono::milliseconds(500);
  const HttpsFacts seen = probe([](TlsConnection& peer) {
    const std::string request = peer.read_request();
    const bool has_body = request.starts_with("GET");
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + std::string(has_body ? "hi" : ""));
    peer.wait_for_close();
  });
  EXPECT_THAT(seen.by_user_agent, Each(Field(&HttpsFact::body, "hi")));
}

TEST_F(PolicyHostProbe, BlamesNoUserAgentForTimeThatOthersTook) {
  exchange = std::chrono::milliseconds(2000);  // of the 2.5 s for all requests
  const HttpsFacts seen = probe([](TlsConnection& peer) {
    std::string request = peer.read_request();
    while (request.ends_with("\r\n\r\n")) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1300));  // the slow server itself
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
      request = peer.read_request();
    }
  });
  EXPECT_EQ(seen.by_address.front().status, 200);
  EXPECT_THAT(seen.by_user_agent, Each(Field(&HttpsFact::reach, Reach::not_tried)));
  EXPECT_EQ(seen.tls_versions.at("TLSv1.2"), true);
}

/// What one ClientHello asks for, and how a server of virtual hosts answers to it.
struct Hello {
  bool has_sni = false;
  bool is_old = false;  // offers nothing from TLS 1.2
};
enum class Host : std::uint8_t { modern, newest_alone, silent };

int choose(SSL* ssl, int*, void* user) {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  Hello hello;
  hello.has_sni = SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &size) == 1;
  hello.is_old = SSL_client_hello_get0_legacy_version(ssl) < TLS1_2_VERSION;
  switch ((*static_cast<std::function<Host(Hello)>*>(user))(hello)) {
    case Host::modern:
      break;
    case Host::newest_alone:
      SSL_set_min_proto_version(ssl, TLS1_3_VERSION);
      break;
    case Host::silent:
      return SSL_CLIENT_HELLO_RETRY;
  }
  return SSL_CLIENT_HELLO_SUCCESS;
}

class VirtualHosts : public PolicyHostProbe {
 protected:
  HttpsFacts probe_hosts(std::function<Host(Hello)> hosts) {
    const auto chain = certificate("DNS:mta-sts.example.com");
    const Handle<SSL_CTX, SSL_CTX_free> context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_use_certificate(context.get(), chain.get());
    SSL_CTX_use_PrivateKey(context.get(), key.get());
    SSL_CTX_set_client_hello_cb(context.get(), choose, &hosts);
    const HostileServer server([&](Peer& peer) {
      const Handle<SSL, SSL_free> ssl(SSL_new(context.get()));
      SSL_set_fd(ssl.get(), peer.socket());
      if (SSL_accept(ssl.get()) == 1) {
        TlsConnection connection(ssl.get());
        serve_until_closed(connection, "200 OK");
      } else if (SSL_get_error(ssl.get(), -1) == SSL_ERROR_WANT_CLIENT_HELLO_CB) {
        peer.hear_to_the_end();
      }
    });
    return probe_at(server.endpoint());
  }
};

TEST_F(VirtualHosts, OfferWhatTheOneWithTheNameOffers) {
  const HttpsFacts seen =
      probe_hosts([](Hello hello) { return hello.has_sni ? Host::newest_alone : Host::modern; });
  EXPECT_THAT(seen.tls_versions, UnorderedElementsAre(Pair("TLSv1", false), Pair("TLSv1.1", false),
                                                      Pair("TLSv1.2", false), Pair("TLSv1.3", true)));
  ASSERT_TRUE(seen.without_sni);
  EXPECT_EQ(seen.without_sni->version, "TLSv1.3");
}

TEST_F(VirtualHosts, MayBeSilentWithoutAName) {
  exchange = short_wait;
  const HttpsFacts seen =
      probe_hosts([](Hello hello) { return hello.has_sni ? Host::modern : Host::silent; });
  EXPECT_THAT(seen.tls_versions,
              UnorderedElementsAre(Pair("TLSv1.1", true), Pair("TLSv1.2", true), Pair("TLSv1.3", true)));
  ASSERT_TRUE(seen.without_sni);
  EXPECT_FALSE(seen.without_sni->established);
}

TEST_F(VirtualHosts, DoNotOfferTheVersionsThatTheyAreSilentTo) {
  exchange = short_wait;
  const HttpsFacts seen = probe_hosts([](Hello hello) { return hello.is_old ? Host::silent : Host::modern; });
  EXPECT_THAT(seen.tls_versions, UnorderedElementsAre(Pair("TLSv1", false), Pair("TLSv1.1", false),
                                                      Pair("TLSv1.2", true), Pair("TLSv1.3", true)));
  ASSERT_TRUE(seen.without_sni);
  EXPECT_TRUE(seen.without_sni->established);
}

}  // namespace
}  // namespace mta_sts::probe
