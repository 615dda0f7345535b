// What is this host's trouble and what is the peer's: nothing that a peer can cause is ours.
#include <sys/resource.h>

#include <array>

#include "unit/sender/curl_fetch_fixture.hpp"

namespace mta_sts::sender::fetching {
namespace {

/// No descriptor is left for this process.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit less = before_;
    less.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &less);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

class CurlFetchTroubleTest : public CurlFetchTest {
 protected:
  bool begun() const { return results.back() || results.back().error().begun; }
};

TEST_F(CurlFetchTroubleTest, AnAnswerOfAnySizeAndShapeIsThePeers) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<std::string> answers{
      head + "X: " + std::string(120 * 1024, 'a') + "\r\n\r\n",  // beyond what libcurl keeps of a field
      head + "X: " + std::string(1024 * 1024, 'a') + "\r\n\r\n",
      head + std::string(120 * 1024, 'a'),
      std::string(200 * 1024, 'a'),
      "HTTP/1.1 200 " + std::string(120 * 1024, 'a') + "\r\n\r\n",
      chunked + "1;" + std::string(120 * 1024, 'a') + "\r\na\r\n0\r\n\r\n",
      chunked + "1\r\na\r\n0\r\nX: " + std::string(120 * 1024, 'a') + "\r\n\r\n",
      chunked + "fffffffffffffffffffff\r\na\r\n",
      chunked + "zz\r\na\r\n",
      head + "Content-Length: 99999999999999999999999\r\n\r\na",
      head + "Content-Length: -1\r\n\r\na",
      head + "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\na",
      head + "Transfer-Encoding: gzip, br, chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
      "HTTP/3.7 200 OK\r\n\r\n",
      "RTSP/1.0 200 OK\r\n\r\n",
      "HTTP/1.1 999 Odd\r\n\r\n",
      std::string(1, '\0'),
      head + std::string(100000, '\n'),
  };
  for (const std::string& answer : answers) {
    fetch.reset();
    server.reset();
    serve_text(answer);
    const std::string word = get();
    EXPECT_TRUE(begun()) << answer.substr(0, 80) << ": " << word << " " << detail();
    EXPECT_NE(word, "ok");
    EXPECT_NE(word, "fetch-internal") << answer.substr(0, 80) << ": " << detail();
  }
}

TEST_F(CurlFetchTroubleTest, AnAlertOfAnyKindInTheHandshakeIsThePeers) {  // RFC 8446 section 6
  int alert = 0;
  server = std::make_unique<TlsTestServer>([&alert](int client) {
    std::array<char, 2048> hello{};
    static_cast<void>(::recv(client, hello.data(), hello.size(), 0));
    const std::array<char, 7> record{0x15, 0x03, 0x03, 0, 2, 2, static_cast<char>(alert)};
    static_cast<void>(::send(client, record.data(), record.size(), 0));
  });
  options.https_port = server->port;
  start();
  for (alert = 0; alert < 256; ++alert) {
    const std::string word = get();
    EXPECT_TRUE(begun()) << alert << ": " << word << " " << detail();
    EXPECT_EQ(word, "tls-handshake") << alert << ": " << detail();
  }
}

TEST_F(CurlFetchTroubleTest, NoDescriptorIsOurs) {
  serve_text(whole());
  start();
  // Once before, for the sanitizer of types too, which needs a descriptor to look at one for the first time.
  EXPECT_EQ(get(), "ok") << detail();
  EXPECT_TRUE(begun());
  {
    const NoDescriptors none;
    EXPECT_EQ(get(), "fetch-internal");
    EXPECT_FALSE(begun()) << detail();
    EXPECT_NE(detail().find("open files"), std::string::npos) << detail();
    DnsAnswer unasked = fails(DnsStatus::timeout);  // nor is one there to ask DNS
    unasked.own_trouble = true;
    dns.now_says["mta-sts.example.com"] = unasked;
    EXPECT_EQ(get(), "fetch-internal");
    EXPECT_FALSE(begun());
  }
  dns.now_says["mta-sts.example.com"] = fails(DnsStatus::timeout);
  EXPECT_EQ(get(), "dns-failure");
  EXPECT_TRUE(begun());
  dns.now_says["mta-sts.example.com"] = address_is("127.0.0.1");
  EXPECT_EQ(get(), "ok") << detail();
}

TEST_F(CurlFetchTroubleTest, TellsAConnectionThatTheKernelRefuses) {
  options.https_port = 443;
  start();
  dns.now_says["mta-sts.example.com"] = address_is("255.255.255.255");
  EXPECT_EQ(get(), "connect-failure");
  EXPECT_TRUE(begun());  // a stranger's record can say so
  EXPECT_TRUE(results.back().error().refused_here);
  EXPECT_FALSE(results.back().error().connected);
  ASSERT_FALSE(results.back().error().tried.empty());
  EXPECT_EQ(results.back().error().tried.front().to_text(), "255.255.255.255");
}

TEST_F(CurlFetchTroubleTest, APortThatIsShutIsThePeers) {
  serve_text(whole());
  dns.now_says["mta-sts.example.com"] = address_is("127.0.0.2");  // nobody listens there
  EXPECT_EQ(get(), "connect-failure");
  EXPECT_FALSE(results.back().error().refused_here);
}

TEST_F(CurlFetchTroubleTest, NeedsAFileThatBeginsWithARoot) {
  const std::string name = "/tmp/curl-fetch-roots-" + std::to_string(getpid());
  for (const std::string_view text : {"", "no roots at all\n", "-----BEGIN CERTIFICATE-----\nAAAA\n"}) {
    std::ofstream(name) << text;
    options.ca_file = name;
    EXPECT_FALSE(CurlFetch::create(&loop.loop, dns, options)) << text;
  }
  std::remove(name.c_str());
}

}  // namespace
}  // namespace mta_sts::sender::fetching
