#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "os/socket_address.hpp"
#include "sender/fetch/curl_fetch.hpp"
#include "unit/sender/dns_test_server.hpp"
#include "unit/sender/fakes.hpp"
#include "unit/sender/tls_test_server.hpp"

/// A CurlFetch in a loop of its own, against one TLS server that a test scripts, with a CA of its own.
namespace mta_sts::sender::fetching {

using namespace std::chrono_literals;
using namespace fakes;

inline const std::string policy_text =
    "version: STSv1\r\nmode: enforce\r\nmx: mx.example.com\r\nmax_age: 604800\r\n";

inline std::string head(std::string_view fields, std::string_view status = "HTTP/1.1 200 OK") {
  return std::string(status) + "\r\n" + std::string(fields) + "\r\n";
}

inline std::string whole(std::string_view body = policy_text,
                         std::string_view more = "Content-Type: text/plain\r\n") {
  return head(std::string(more) + "Content-Length: " + std::to_string(body.size()) + "\r\n") +
         std::string(body);
}

inline DnsAnswer address_is(std::string_view text) {
  DnsAnswer answer;
  answer.status = DnsStatus::no_error;
  answer.records.emplace_back(*IpAddress::parse(text));
  return answer;
}

// A socket that listens at an address of this host, and takes no connection up.
class Listener {
 public:
  Listener(const char* host, std::uint16_t port, int queue)
      : address_({.address = *IpAddress::parse(host), .port = port}),
        socket_(socket(address_.family(), SOCK_STREAM, 0)),
        stands_(bind(socket_, address_.get(), address_.size()) == 0 && listen(socket_, queue) == 0) {}
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { close(socket_); }
  [[nodiscard]] bool stands() const { return stands_; }

 protected:
  [[nodiscard]] const SocketAddress& address() const { return address_; }

 private:
  SocketAddress address_;
  int socket_;
  bool stands_;
};

// An address at which a connection stands and nobody ever says anything.
class TarPit : public Listener {
 public:
  TarPit(const char* host, std::uint16_t port) : Listener(host, port, 8) {}
};

// An address that swallows packets: a listening socket whose queue is full takes no connection.
class BlackHole : public Listener {
 public:
  BlackHole(const char* host, std::uint16_t port) : Listener(host, port, 0) {
    for (int i = 0; i < 4; ++i) {
      fillers_.push_back(socket(address().family(), SOCK_STREAM | SOCK_NONBLOCK, 0));
      static_cast<void>(connect(fillers_.back(), address().get(), address().size()));
    }
  }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;
  ~BlackHole() {
    for (const int filler : fillers_) {
      close(filler);
    }
  }

 private:
  std::vector<int> fillers_;
};

class CurlFetchTest : public testing::Test {
 protected:
  static TestRoot& root() {
    static TestRoot root;
    return root;
  }

  TestLoop loop;
  FakeDns dns;
  Key key = make_key();
  CurlFetchOptions options;
  std::unique_ptr<TlsTestServer> server;
  std::unique_ptr<CurlFetch> fetch;
  std::vector<FetchResult> results;

  void SetUp() override {
    options.ca_file = root().file;
    options.allow_private = true;
    options.connect_deadline = 2000ms;
    options.deadline = 4000ms;
    dns.now_says["mta-sts.example.com"] = address_is("127.0.0.1");
  }
  void TearDown() override {
    fetch.reset();
    server.reset();
  }

  Certificate certify(const CertificateSpec& spec) {
    return make_certificate(spec, key.get(), root().certificate.get(), root().key.get());
  }

  void serve(TlsTestServer::Handler handler, const CertificateSpec& spec = {}, int version = TLS1_3_VERSION,
             const char* host = "127.0.0.1") {
    server =
        std::make_unique<TlsTestServer>(certify(spec).get(), key.get(), std::move(handler), version, host);
    options.https_port = server->port;
  }
  void serve_text(const std::string& answer, bool close_notify = true, const CertificateSpec& spec = {},
                  const char* host = "127.0.0.1") {
    serve(
        [answer, close_notify](TlsConnection& connection) {
          connection.read_request();
          connection.write(answer);
          if (close_notify) {
            connection.close_notify();
          }
        },
        spec, TLS1_3_VERSION, host);
  }

  void start() {
    auto created = CurlFetch::create(&loop.loop, dns, options);
    ASSERT_TRUE(created) << created.error().detail;
    fetch = *std::move(created);
  }

  void ask(std::string_view domain = "example.com") {
    fetch->fetch(*DomainName::parse(domain),
                 {.done = [this](FetchResult result) { results.push_back(std::move(result)); }});
  }

  std::string get() {
    if (!fetch) {
      start();
    }
    const std::size_t before = results.size();
    ask();
    if (!loop.run_until([&] { return results.size() > before; })) {
      return "no answer";
    }
    const FetchResult& result = results.back();
    return result ? "ok" : std::string(to_string(result.error().kind));
  }

  std::string detail() const { return results.back() ? "" : results.back().error().detail; }
};

}  // namespace mta_sts::sender::fetching
