// Policy hosts that mean harm, over real TLS: each exchange ends in time, and the fact says what happened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/https_probe.hpp"
#include "unit/probe/hostile_peer.hpp"

namespace mta_sts::probe {
namespace {

using check::HttpsFact;
using check::Reach;
using testing::HasSubstr;

constexpr std::string_view ok_head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";

class HttpsProbe : public ProbeTest {
 protected:
  HttpsFact probe(sender::fakes::TlsTestServer::Handler handler,
                  std::chrono::milliseconds wait = short_wait) {
    longest = wait;
    const auto chain = certificate("DNS:mta-sts.example.com");
    sender::fakes::TlsTestServer server(chain.get(), key.get(), std::move(handler));
    HttpsTarget target{.host = "mta-sts.example.com",
                       .path = "/.well-known/mta-sts.txt",
                       .method = "GET",
                       .user_agent = "mta-sts",
                       .endpoint = {}};
    target.endpoint = {.address = *IpAddress::parse("127.0.0.1"), .port = server.port};
    return probe_https({&target, 1}, tls, {.exchange = wait, .total = Deadline::in(wait)}).front();
  }
};

sender::fakes::TlsTestServer::Handler answer(const std::string& bytes, bool says_goodbye = true) {
  return [bytes, says_goodbye](sender::fakes::TlsConnection& peer) {
    peer.read_request();
    peer.write(bytes);
    if (says_goodbye) {
      peer.close_notify();
    }
  };
}

sender::fakes::TlsTestServer::Handler flood(const std::string& first, const std::string& then) {
  return [first, then](sender::fakes::TlsConnection& peer) {
    peer.read_request();
    for (bool goes_on = peer.write(first); goes_on;) {
      goes_on = peer.write(then);
    }
  };
}

TEST_F(HttpsProbe, ReadsAnAnswer) {
  const HttpsFact fact =
      probe(answer(std::string(ok_head) + "Content-Length: 2\r\n\r\nhi"), std::chrono::seconds(5));
  EXPECT_EQ(fact.status, 200);
  EXPECT_EQ(fact.body, "hi");
  EXPECT_TRUE(fact.complete) << fact.error;
  ASSERT_TRUE(fact.tls.certificate);
  EXPECT_TRUE(fact.tls.certificate->trusted) << fact.tls.certificate->trust_error;
}

TEST_F(HttpsProbe, EndsOnHeadersWithoutEnd) {
  const HttpsFact fact = probe(flood(std::string(ok_head), "X-More: " + std::string(500, 'x') + "\r\n"),
                               std::chrono::seconds(5));
  EXPECT_FALSE(fact.complete);
  EXPECT_LE(fact.headers.size(), 200U);
  EXPECT_NE(fact.error, "");
}

TEST_F(HttpsProbe, EndsOnAHeaderWithoutEnd) {
  const HttpsFact fact =
      probe(flood(std::string(ok_head) + "X: ", std::string(4000, 'x')), std::chrono::seconds(5));
  EXPECT_FALSE(fact.complete);
  EXPECT_NE(fact.error, "");
}

TEST_F(HttpsProbe, StopsABodyWithoutEndAt64KiB) {
  const HttpsFact fact =
      probe(flood(std::string(ok_head) + "\r\n", std::string(4000, 'x')), std::chrono::seconds(5));
  EXPECT_EQ(fact.error, "the body is over 64 KiB");
  EXPECT_EQ(fact.body.size(), 65537U);
  EXPECT_FALSE(fact.complete);
}

TEST_F(HttpsProbe, TakesNoChunksThatAreNone) {
  const HttpsFact fact =
      probe(answer(std::string(ok_head) + "Transfer-Encoding: chunked\r\n\r\nzz\r\nno\r\n"),
            std::chrono::seconds(5));
  EXPECT_FALSE(fact.complete);
  EXPECT_NE(fact.error, "");
}

TEST_F(HttpsProbe, TakesNoBodyThatWasCutOff) {
  EXPECT_FALSE(
      probe(answer(std::string(ok_head) + "Content-Length: 50\r\n\r\nhi"), std::chrono::seconds(5)).complete);
}

TEST_F(HttpsProbe, NamesAnEndWithoutCloseNotify) {
  const HttpsFact fact = probe(answer(std::string(ok_head) + "\r\nhi", false), std::chrono::seconds(5));
  EXPECT_FALSE(fact.complete);
  EXPECT_NE(fact.error, "");
}

TEST_F(HttpsProbe, FollowsNoRedirect) {
  const HttpsFact fact =
      probe(answer("HTTP/1.1 301 Moved\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
            std::chrono::seconds(5));
  EXPECT_EQ(fact.status, 301);
  EXPECT_TRUE(fact.complete) << fact.error;
}

TEST_F(HttpsProbe, EndsOnInterimAnswersWithoutEnd) {
  const HttpsFact fact =
      probe(flood("HTTP/1.1 103 Early\r\nLink: x\r\n\r\n", "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n"),
            std::chrono::milliseconds(1000));
  EXPECT_FALSE(fact.complete);
  EXPECT_LE(fact.headers.size(), 200U);
}

TEST_F(HttpsProbe, EndsOnADrip) {
  const HttpsFact fact = probe([](sender::fakes::TlsConnection& peer) {
    peer.read_request();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
    while (std::chrono::steady_clock::now() < end && peer.write("H")) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the drip itself
    }
  });
  EXPECT_FALSE(fact.complete);
  EXPECT_EQ(fact.status, 0);
}

void expect_tls_without_http(const HttpsFact& fact) {
  EXPECT_EQ(fact.reach, Reach::connected);
  EXPECT_EQ(fact.status, 0);
  EXPECT_TRUE(fact.tls.established) << fact.error;
  EXPECT_EQ(fact.tls.version, "TLSv1.3");
  EXPECT_EQ(fact.tls.error, "");
  EXPECT_TRUE(fact.tls.certificate);
}

TEST_F(HttpsProbe, SaysThatTlsCameAboutWhereTheServerEndsWithoutAnAnswer) {
  const HttpsFact fact = probe(
      [](sender::fakes::TlsConnection& peer) {
        peer.read_request();
        peer.close_notify();
      },
      std::chrono::seconds(5));
  expect_tls_without_http(fact);
  EXPECT_NE(fact.error, "");
}

TEST_F(HttpsProbe, SaysThatTlsCameAboutWhereNoHttpIsSpoken) {
  const HttpsFact fact = probe(answer("SSH-2.0-OpenSSH_9.2\r\n"), std::chrono::seconds(5));
  expect_tls_without_http(fact);
  EXPECT_EQ(fact.error, "what came is not HTTP");
}

TEST_F(HttpsProbe, SaysThatTlsCameAboutWhereNoAnswerComesInTime) {
  const HttpsFact fact =
      probe([](sender::fakes::TlsConnection& peer) { peer.wait_for_close(); }, std::chrono::seconds(4));
  expect_tls_without_http(fact);
  EXPECT_THAT(fact.error, HasSubstr("Timeout"));
}

TEST_F(HttpsProbe, SaysOfEachConnectionWhetherTlsCameAbout) {
  longest = std::chrono::seconds(5);
  const auto chain = certificate("DNS:mta-sts.example.com");
  sender::fakes::TlsTestServer server(chain.get(), key.get(), [&](sender::fakes::TlsConnection& peer) {
    peer.read_request();
    peer.write(std::string(ok_head) + "Content-Length: 2\r\nConnection: close\r\n\r\nhi");
    peer.close_notify();
  });
  const auto closed = [] {
    const HostileServer gone([](Peer&) {});
    return gone.endpoint();
  }();
  std::vector<HttpsTarget> targets(
      2, {.host = "mta-sts.example.com", .path = "/", .method = "GET", .user_agent = "", .endpoint = closed});
  targets[0].endpoint.port = server.port;
  const auto facts = probe_https(targets, tls, {.exchange = longest, .total = Deadline::in(longest)});
  EXPECT_TRUE(facts[0].tls.established) << facts[0].error;
  EXPECT_EQ(facts[1].reach, Reach::refused);
  EXPECT_FALSE(facts[1].tls.established);
  EXPECT_FALSE(facts[1].tls.certificate);
}

TEST_F(HttpsProbe, SaysThatATimeOverBeforeItBeganWasNoTry) {
  EXPECT_EQ(probe([](sender::fakes::TlsConnection&) {}, std::chrono::milliseconds(0)).reach,
            Reach::not_tried);
}

}  // namespace
}  // namespace mta_sts::probe
