// What one fetch takes and refuses.
#include "unit/sender/curl_fetch_fixture.hpp"

namespace mta_sts::sender::fetching {
namespace {

TEST_F(CurlFetchTest, GetsAPolicyAndAsksForNothingElse) {  // R61, R65, R68, R78
  std::string request;
  serve([&](TlsConnection& connection) {
    request = connection.read_request();
    connection.write(whole());
    connection.wait_for_close();
  });
  setenv("https_proxy", "http://127.0.0.1:1", 1);
  setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  ASSERT_EQ(get(), "ok") << detail();
  unsetenv("https_proxy");
  unsetenv("ALL_PROXY");
  EXPECT_EQ(results[0]->policy.mx, std::vector<std::string>{"mx.example.com"});
  EXPECT_EQ(results[0]->body, policy_text);
  EXPECT_EQ(results[0]->peer, "127.0.0.1");
  EXPECT_EQ(server->server_name(), "mta-sts.example.com");
  EXPECT_TRUE(request.starts_with("GET /.well-known/mta-sts.txt HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("\r\nHost: mta-sts.example.com:"), std::string::npos) << request;
  for (const char* field :
       {"Accept-Encoding", "Cookie", "Authorization", "If-", "Cache", "Range", "Upgrade"}) {
    EXPECT_EQ(request.find(field), std::string::npos) << request;
  }
}

TEST_F(CurlFetchTest, TakesTls12) {  // R76
  serve([](TlsConnection& c) { c.read_request(), c.write(whole()); }, {}, TLS1_2_VERSION);
  EXPECT_EQ(get(), "ok") << detail();
}

TEST_F(CurlFetchTest, RefusesOlderTls) {  // R76
  serve([](TlsConnection& c) { c.read_request(), c.write(whole()); }, {}, TLS1_1_VERSION);
  EXPECT_EQ(get(), "tls-handshake");
}

TEST_F(CurlFetchTest, MatchesDnsIdsAlone) {  // R62 to R64, R102, R103
  const auto with = [this](const std::string& names, const std::string& common_name = "mta-sts.example.com") {
    CertificateSpec spec;
    spec.extensions = names;
    spec.common_name = common_name;
    fetch.reset();
    serve_text(whole(), true, spec);
    return get();
  };
  EXPECT_EQ(with("DNS:*.example.com"), "ok");
  EXPECT_EQ(with("DNS:x.test,DNS:MTA-STS.Example.com", "x"), "ok");
  EXPECT_EQ(with(""), "cert-host-mismatch");  // CN alone
  EXPECT_EQ(with("email:mta-sts.example.com"), "cert-host-mismatch");
  EXPECT_EQ(with("IP:127.0.0.1"), "cert-host-mismatch");
  EXPECT_EQ(with("URI:https://mta-sts.example.com/"), "cert-host-mismatch");
  EXPECT_EQ(with("DNS:example.com"), "cert-host-mismatch");
  EXPECT_EQ(with("DNS:mta*.example.com"), "cert-host-mismatch");
  EXPECT_EQ(with("DNS:*.com"), "cert-host-mismatch");
  EXPECT_EQ(with("DNS:*.*.com"), "cert-host-mismatch");
  EXPECT_EQ(with("DNS:mta-sts.*.com"), "cert-host-mismatch");
  EXPECT_EQ(with("DNS:mta-sts.example.com.evil.test"), "cert-host-mismatch");
}

TEST_F(CurlFetchTest, ChecksTheChain) {  // R62
  const auto with = [this](auto change) {
    CertificateSpec spec;
    change(spec);
    fetch.reset();
    serve_text(whole(), true, spec);
    return get();
  };
  EXPECT_EQ(with([](CertificateSpec& s) { s.begins = -7200, s.ends = -3600; }), "cert-expired");
  EXPECT_EQ(with([](CertificateSpec& s) { s.begins = 3600; }), "cert-not-yet-valid");
  EXPECT_EQ(with([](CertificateSpec& s) { s.usage = "clientAuth"; }), "cert-purpose");
  EXPECT_EQ(with([](CertificateSpec& s) { s.usage = "serverAuth,clientAuth"; }), "ok");
}

TEST_F(CurlFetchTest, RefusesWeakKeysAndSignatures) {
  const auto with = [this](const CertificateSpec& spec) {
    fetch.reset();
    serve([](TlsConnection& c) { c.read_request(), c.write(whole()); }, spec);
    return get();
  };
  EXPECT_EQ(with({.digest = EVP_sha1()}), "cert-weak");
  key = make_rsa_key(1024);
  EXPECT_EQ(with({}), "cert-weak");
  key = make_rsa_key(2048);
  EXPECT_EQ(with({}), "ok");
}

TEST_F(CurlFetchTest, RefusesForeignRoots) {
  const Certificate own = make_certificate({}, key.get());
  server = std::make_unique<TlsTestServer>(own.get(), key.get(), [](TlsConnection& c) { c.read_request(); });
  options.https_port = server->port;
  EXPECT_EQ(get(), "cert-untrusted");
}

TEST_F(CurlFetchTest, RefusesWhatIsNoTls) {
  server = std::make_unique<TlsTestServer>([](int client) {
    const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    send(client, text.data(), text.size(), MSG_NOSIGNAL);
  });
  options.https_port = server->port;
  EXPECT_EQ(get(), "tls-handshake");
}

TEST_F(CurlFetchTest, JudgesTheStatus) {  // R66, R67
  const auto with = [this](const std::string& status, const std::string& fields = "") {
    fetch.reset();
    serve_text(head(fields + "Content-Type: text/plain\r\nContent-Length: " +
                        std::to_string(policy_text.size()) + "\r\n",
                    "HTTP/1.1 " + status) +
               policy_text);
    return get();
  };
  EXPECT_EQ(with("404 Not Found"), "http-status");
  EXPECT_EQ(with("503 Busy"), "http-status");
  EXPECT_EQ(with("204 No Content"), "http-status");
  EXPECT_EQ(with("206 Partial"), "http-status");
  EXPECT_EQ(with("304 Not Modified"), "http-status");
  EXPECT_EQ(with("301 Moved", "Location: https://mta-sts.example.com/other\r\n"), "http-redirect");
  EXPECT_EQ(server->connections(), 1);
  EXPECT_EQ(with("307 Temporary", "Location: /.well-known/mta-sts.txt\r\n"), "http-redirect");
}

TEST_F(CurlFetchTest, DemandsStrictFraming) {  // R70, P20
  struct Case {
    std::string answer;
    std::string expected;
    std::string why;
  };
  const std::string type = "Content-Type: text/plain\r\n";
  const std::string length = "Content-Length: " + std::to_string(policy_text.size()) + "\r\n";
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  ASSERT_EQ(policy_text.size(), 0x44U);
  const std::string good_chunk = "44\r\n" + policy_text + "\r\n";
  for (const Case& c : {
           Case{head(type + chunked) + good_chunk + "0\r\n\r\n", "ok", "chunked"},
           Case{head(type + chunked) + good_chunk + "0\r\nX: y\r\n\r\n", "ok", "a trailer"},
           Case{head(type + chunked) + good_chunk, "truncated", "no last chunk"},
           Case{head(type + chunked) + good_chunk + "zz\r\n", "http-syntax", "a bad chunk size"},
           Case{head(type + length + length) + policy_text, "ok", "two lengths alike"},
           Case{head(type + length + "Content-Length: 7\r\n") + policy_text, "http-syntax", "two lengths"},
           Case{head(type + "Content-Length: 7\r\n" + length) + policy_text, "http-syntax", "two lengths"},
           Case{head(type + length + chunked) + good_chunk + "0\r\n\r\n", "http-syntax",
                "length and chunked"},
           Case{head(type + chunked + length) + good_chunk + "0\r\n\r\n", "http-syntax",
                "chunked and length"},
           Case{head(type + "Content-Length: 68x\r\n") + policy_text, "http-syntax", "68x"},
           Case{head(type + "Content-Length: +68\r\n") + policy_text, "http-syntax", "+68"},
           Case{head(type + "Content-Length: -1\r\n") + policy_text, "http-syntax", "-1"},
           Case{head(type + "Content-Length: 99999999999999999999999\r\n") + policy_text, "too-large",
                "beyond 64 bits"},
           Case{head(type + "Content-Length: 70000\r\n") + policy_text, "too-large", "declared"},
           Case{head(type + "Content-Length: 200\r\n") + policy_text, "truncated", "too short"},
           Case{"HTTP/1.1 200 OK\nContent-Type: text/plain\n" + std::string("Content-Length: 68\n\n") +
                    policy_text,
                "http-syntax", "bare LF"},
           Case{head(type + "X: a\n" + length) + policy_text, "http-syntax", "a bare LF"},
           Case{head(type + " folded\r\n" + length) + policy_text, "http-syntax", "obs-fold"},
           Case{head(type + "Transfer-Encoding: gzip, chunked\r\n") + good_chunk + "0\r\n\r\n", "http-syntax",
                "gzip"},
           Case{"garbage\r\n\r\n", "http-syntax", "no HTTP"},
           Case{policy_text, "http-syntax", "HTTP/0.9"},
           Case{"", "truncated", "nothing"},
           Case{"HTTP/1.1 200 OK\r\nContent-Type: te", "truncated", "half a field"},
           Case{"HTTP/1.1 200 OK\r\nContent-Length: 70\r\n", "truncated", "no end of the head"},
           Case{"HTTP/1.1 200", "http-syntax", "half a line"},
           Case{head(type + length + "Content-Encoding: gzip\r\n") + policy_text, "content-encoding", "gzip"},
           Case{head(length) + policy_text, "content-type", "none"},
           Case{head(type + type + length) + policy_text, "content-type", "two"},
           Case{head("Content-Type: text/html\r\n" + length) + policy_text, "content-type", "html"},
           Case{"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + head(type + length) + policy_text, "ok",
                "an interim answer"},
           Case{head(type + length) + "<html>" + policy_text.substr(6), "policy-invalid", "no policy"},
       }) {
    fetch.reset();
    serve_text(c.answer);
    const std::string came = get();
    if (c.why == "half a line") {
      EXPECT_NE(came, "ok");
    } else {
      EXPECT_EQ(came, c.expected) << c.why << ": " << detail();
    }
  }
}

TEST_F(CurlFetchTest, TakesACloseForTheEndOnlyWithCloseNotify) {  // P20
  serve_text(head("Content-Type: text/plain\r\n") + policy_text, true);
  EXPECT_EQ(get(), "ok") << detail();
  fetch.reset();
  serve_text(head("Content-Type: text/plain\r\n") + policy_text, false);
  EXPECT_EQ(get(), "truncated");
  fetch.reset();
  serve_text(whole(), false);  // a complete length needs none
  EXPECT_EQ(get(), "ok");
}

TEST_F(CurlFetchTest, CountsTheBody) {  // R37
  const std::string filler = "version: STSv1\nmode: none\nmax_age: 1\nx: ";
  const std::string fits = filler + std::string(65536 - filler.size() - 1, 'y') + "\n";
  serve_text(whole(fits));
  EXPECT_EQ(get(), "ok") << detail();
  fetch.reset();
  serve_text(whole(fits + "\n"));
  EXPECT_EQ(get(), "too-large");
  fetch.reset();
  serve_text(head("Content-Type: text/plain\r\n") + std::string(300000, 'y'));
  EXPECT_EQ(get(), "too-large");
  fetch.reset();
  std::string chunks;
  for (int i = 0; i < 100; ++i) {
    chunks += "1000\r\n" + std::string(0x1000, 'y') + "\r\n";
  }
  serve_text(head("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n") + chunks + "0\r\n\r\n");
  EXPECT_EQ(get(), "too-large");
}

TEST_F(CurlFetchTest, HangsUpOnABodyWithoutEnd) {  // R37
  std::atomic<std::size_t> written{0};
  serve([&](TlsConnection& connection) {
    connection.read_request();
    connection.write(head("Content-Type: text/plain\r\n"));
    const std::string block(16384, 'y');
    while (written < 64U << 20U && connection.write(block)) {
      written += block.size();
    }
  });
  EXPECT_EQ(get(), "too-large");
  server.reset();
  EXPECT_LT(written, 16U << 20U);  // what the sockets buffer
}

TEST_F(CurlFetchTest, BoundsInterimAnswersAndHeads) {
  std::string flood;
  for (int i = 0; i < 2000; ++i) {
    flood += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  serve_text(flood);
  EXPECT_EQ(get(), "http-syntax");
  fetch.reset();
  serve_text(head("X: " + std::string(60000, 'y') + "\r\n"));
  EXPECT_EQ(get(), "http-syntax");
}

TEST_F(CurlFetchTest, EndsASlowBodyAtItsDeadline) {  // R71
  options.deadline = 600ms;
  serve([](TlsConnection& connection) {
    connection.read_request();
    connection.write(head("Content-Type: text/plain\r\nContent-Length: 68\r\n") + policy_text.substr(0, 20));
    connection.wait_for_close();
  });
  EXPECT_EQ(get(), "timeout");
}

TEST_F(CurlFetchTest, EndsASilentHandshakeAtItsDeadline) {
  options.connect_deadline = 400ms;
  server = std::make_unique<TlsTestServer>([](int client) {
    pollfd state{.fd = client, .events = POLLIN, .revents = 0};
    char buffer[4096];
    while (poll(&state, 1, 3000) == 1 && recv(client, buffer, sizeof buffer, 0) > 0) {
    }
  });
  options.https_port = server->port;
  EXPECT_EQ(get(), "timeout");
}

TEST_F(CurlFetchTest, TellsARefusedConnection) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  bind(listener, reinterpret_cast<sockaddr*>(&address), length);  // bound, not listening
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  options.https_port = ntohs(address.sin_port);
  EXPECT_EQ(get(), "connect-failure");
  EXPECT_NE(detail().find("refused"), std::string::npos);
  close(listener);
}

}  // namespace
}  // namespace mta_sts::sender::fetching
