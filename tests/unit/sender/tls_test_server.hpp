#pragma once

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/handle.hpp"
#include "os/socket_address.hpp"
#include "unit/trust/certificates.hpp"

namespace mta_sts::sender::fakes {

using namespace mta_sts::fakes;  // certificates

/// One connection as the test's function sees it.
class TlsConnection {
 public:
  explicit TlsConnection(SSL* ssl) : ssl_(ssl) {}

  /// Reads to the empty line of a request.
  std::string read_request() {
    std::string request;
    char byte = 0;
    while (request.find("\r\n\r\n") == std::string::npos && SSL_read(ssl_, &byte, 1) == 1) {
      request += byte;
    }
    return request;
  }
  bool write(std::string_view text) {
    return SSL_write(ssl_, text.data(), static_cast<int>(text.size())) == static_cast<int>(text.size());
  }
  void close_notify() { SSL_shutdown(ssl_); }
  /// Waits for the other side to close, for a while.
  void wait_for_close() {
    char byte = 0;
    while (SSL_read(ssl_, &byte, 1) == 1) {
    }
  }

 private:
  SSL* ssl_;
};

/// An HTTPS server on loopback, each connection in a thread of its own, that does what the test's function
/// says; the end of the function cuts the TCP connection without a close_notify.
class TlsTestServer {
 public:
  using Handler = std::function<void(TlsConnection&)>;

  TlsTestServer(X509* certificate, EVP_PKEY* key, Handler handler, int max_version = TLS1_3_VERSION,
                const char* host = "127.0.0.1")
      : context_(SSL_CTX_new(TLS_server_method())), handler_(std::move(handler)) {
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), max_version);
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_use_certificate(context_.get(), certificate);
    SSL_CTX_use_PrivateKey(context_.get(), key);
    listen_at(host);
    thread_ = std::thread([this] { run(); });
  }
  /// A server that speaks no TLS: the function has the bare socket.
  explicit TlsTestServer(std::function<void(int)> bare) : bare_(std::move(bare)) {
    listen_at("127.0.0.1");
    thread_ = std::thread([this] { run(); });
  }
  ~TlsTestServer() {
    stopping_ = true;
    thread_.join();
    for (std::thread& talk : talks_) {
      talk.join();
    }
    close(listener_);
  }
  TlsTestServer(const TlsTestServer&) = delete;
  TlsTestServer& operator=(const TlsTestServer&) = delete;

  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] std::string server_name() {
    const std::lock_guard lock(mutex_);
    return server_name_;
  }

  std::uint16_t port = 0;

 private:
  void listen_at(const char* host) {
    signal(SIGPIPE, SIG_IGN);  // for this server's own writes
    const SocketAddress wanted({.address = *IpAddress::parse(host), .port = 0});
    listener_ = socket(wanted.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    bind(listener_, wanted.get(), wanted.size());
    listen(listener_, 64);
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);  // at the same place for IPv6
  }

  void run() {
    while (!stopping_) {
      pollfd state{.fd = listener_, .events = POLLIN, .revents = 0};
      if (poll(&state, 1, 20) != 1) {
        continue;
      }
      const int client = accept(listener_, nullptr, nullptr);
      if (client < 0) {
        continue;
      }
      ++connections_;
      talks_.emplace_back([this, client] { talk(client); });
    }
  }

  void talk(int client) {
    const timeval limit{.tv_sec = 5, .tv_usec = 0};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (bare_) {
      bare_(client);
    } else {
      serve(client);
    }
    close(client);
  }

  void serve(int client) {
    const Handle<SSL, SSL_free> ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), client);
    if (SSL_accept(ssl.get()) != 1) {
      return;
    }
    const char* name = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
    {
      const std::lock_guard lock(mutex_);
      server_name_ = name != nullptr ? name : "";
    }
    TlsConnection connection(ssl.get());
    handler_(connection);
  }

  Handle<SSL_CTX, SSL_CTX_free> context_;
  Handler handler_;
  std::function<void(int)> bare_;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::string server_name_;
  std::vector<std::thread> talks_;
  std::thread thread_;
};

/// A folder with the root that the tests trust.
struct TestRoot {
  Key key = make_key();
  Certificate certificate;
  std::filesystem::path folder;
  std::string file;

  TestRoot() {
    CertificateSpec spec;
    spec.common_name = "Test Root";
    spec.extensions.clear();
    spec.authority = true;
    certificate = make_certificate(spec, key.get());
    std::string pattern = (std::filesystem::temp_directory_path() / "test-root-XXXXXX").string();
    folder = mkdtemp(pattern.data());
    file = (folder / "root.pem").string();
    const Handle<BIO, BIO_free_all> out(BIO_new_file(file.c_str(), "w"));
    PEM_write_bio_X509(out.get(), certificate.get());
  }
  ~TestRoot() { std::filesystem::remove_all(folder); }
  TestRoot(const TestRoot&) = delete;
  TestRoot& operator=(const TestRoot&) = delete;
};

}  // namespace mta_sts::sender::fakes
