#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>

#include "probe/connection.hpp"
#include "probe/tls_client.hpp"
#include "unit/sender/tls_test_server.hpp"

namespace mta_sts::probe {

inline constexpr std::chrono::milliseconds short_wait{1000};
inline constexpr std::chrono::milliseconds slack{4000};  // for a machine that is busy with other tests

/// The far end of a bare socket, for scripts of hostile servers.
class Peer {
 public:
  explicit Peer(int socket) : socket_(socket) {}

  bool say(std::string_view bytes) {
    return send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }

  /// Reads a line and notes it; empty at the end, and for an empty line.
  std::string hear() {
    std::string line;
    char byte = 0;
    while (recv(socket_, &byte, 1, 0) == 1) {
      if (byte == '\n') {
        heard_ += line + "\n";
        return line;
      }
      line += byte;
    }
    heard_ += line;
    return line;
  }

  /// Reads and notes all that comes, of which the random bytes of a ClientHello may be empty lines too.
  void hear_to_the_end() {
    char byte = 0;
    while (recv(socket_, &byte, 1, 0) == 1) {
      heard_ += byte;
    }
  }

  /// Greets and answers EHLO, so that STARTTLS comes next.
  void greet() {
    say("220 mx.example.com\r\n");
    hear();
    say("250-mx.example.com\r\n250 STARTTLS\r\n");
  }

  [[nodiscard]] int socket() const { return socket_; }
  [[nodiscard]] const std::string& heard() const { return heard_; }

 private:
  int socket_;
  std::string heard_;
};

/// A server on loopback whose script plays with each connection; what it heard is kept.
class HostileServer {
 public:
  explicit HostileServer(std::function<void(Peer&)> script)
      : server_([this, script = std::move(script)](int socket) {
          Peer peer(socket);
          script(peer);
          const std::lock_guard lock(mutex_);
          heard_ += peer.heard();
        }) {}

  [[nodiscard]] Endpoint endpoint() const {
    return {.address = *IpAddress::parse("127.0.0.1"), .port = server_.port};
  }
  [[nodiscard]] std::string heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  std::mutex mutex_;
  std::string heard_;
  sender::fakes::TlsTestServer server_;
};

/// Serves TLS on a socket that already speaks: what follows STARTTLS.
class PeerTls {
 public:
  PeerTls(X509* certificate, EVP_PKEY* key, int socket, int version = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    SSL_CTX_use_certificate(context_.get(), certificate);
    SSL_CTX_use_PrivateKey(context_.get(), key);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket);
    is_up_ = SSL_accept(ssl_.get()) == 1;
  }

  [[nodiscard]] bool is_up() const { return is_up_; }
  std::string hear() {
    std::string line;
    char byte = 0;
    while (SSL_read(ssl_.get(), &byte, 1) == 1 && byte != '\n') {
      line += byte;
    }
    return line;
  }

 private:
  Handle<SSL_CTX, SSL_CTX_free> context_;
  Handle<SSL, SSL_free> ssl_;
  bool is_up_ = false;
};

/// What the probes trust, and a clock on how long they took.
class ProbeTest : public testing::Test {
 protected:
  sender::fakes::TestRoot root;
  TlsClient tls = *TlsClient::create(root.file);
  Deadline deadline = Deadline::in(short_wait);

  sender::fakes::Certificate certificate(const std::string& names, long ends = 86400) {
    sender::fakes::CertificateSpec spec;
    spec.common_name = "mx.example.com";
    spec.extensions = names;
    spec.ends = ends;
    spec.begins = -86400 * 3;
    return sender::fakes::make_certificate(spec, key.get(), root.certificate.get(), root.key.get());
  }
  sender::fakes::Key key = sender::fakes::make_key();

  void TearDown() override {
    const auto late = std::chrono::steady_clock::now() - started_;
    EXPECT_LT(late, longest + slack) << "a hostile server held the probe";
  }

  std::chrono::milliseconds longest = short_wait;

 private:
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace mta_sts::probe
