#include "probe/tls_client.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>

namespace mta_sts::probe {
namespace {

using check::TlsFact;

// An extension number that nobody has; a server must pass over what it does not know. RFC 8446 section 4.2.
constexpr unsigned padding_extension = 0x5A5A;
constexpr std::size_t padding_bytes = 1700;  // with the rest more than one packet of 1500 bytes

// Only where the handshake has application data, which marks those that wish for it.
int add_padding(SSL* ssl, unsigned, unsigned, const unsigned char** out, std::size_t* size, X509*,
                std::size_t, int*, void*) {
  if (SSL_get_app_data(ssl) == nullptr) {
    return 0;
  }
  static constexpr std::array<unsigned char, padding_bytes> zeros{};
  *out = zeros.data();
  *size = zeros.size();
  return 1;
}

struct Range {
  int least;
  int most;
};

Range range_of(TlsVersions versions) {
  switch (versions) {
    case TlsVersions::from_1_2:
      break;
    case TlsVersions::only_1_3:
      return {TLS1_3_VERSION, TLS1_3_VERSION};
    case TlsVersions::only_1_2:
      return {TLS1_2_VERSION, TLS1_2_VERSION};
    case TlsVersions::before_1_2:
      return {TLS1_VERSION, TLS1_1_VERSION};
  }
  return {TLS1_2_VERSION, TLS1_3_VERSION};
}

// Without verification: chains are judged by ChainReader.
Handle<SSL_CTX, SSL_CTX_free> make_context() {
  Handle<SSL_CTX, SSL_CTX_free> context(SSL_CTX_new(TLS_client_method()));
  if (!context) {
    return nullptr;
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  return context;
}

std::string last_error(int result, SSL* ssl) {
  const int kind = SSL_get_error(ssl, result);
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code != 0) {
    const char* reason = ERR_reason_error_string(code);
    return reason == nullptr ? "TLS error" : reason;
  }
  return kind == SSL_ERROR_SYSCALL || kind == SSL_ERROR_ZERO_RETURN ? "the peer closed the connection"
                                                                    : "TLS error";
}

// False: OpenSSL refuses the wish, and a handshake without it would answer another question.
[[nodiscard]] bool set_wish(SSL* ssl, const TlsWish& wish) {
  if (!wish.server_name.empty() && SSL_set_tlsext_host_name(ssl, wish.server_name.c_str()) != 1) {
    return false;
  }
  const Range range = range_of(wish.versions);
  if (range.most < TLS1_2_VERSION) {
    SSL_set_security_level(ssl, 0);  // the question is what the server offers, not what is safe
    if (SSL_set_cipher_list(ssl, "ALL:@SECLEVEL=0") != 1) {
      return false;
    }
  }
  return SSL_set_min_proto_version(ssl, range.least) == 1 && SSL_set_max_proto_version(ssl, range.most) == 1;
}

// What OpenSSL sends first.
std::string client_hello(SSL* ssl) {
  BIO* const out = BIO_new(BIO_s_mem());
  BIO* const in = BIO_new(BIO_s_mem());
  if (in == nullptr || out == nullptr) {
    BIO_free(in);
    BIO_free(out);
    return {};
  }
  SSL_set_bio(ssl, in, out);
  (void)SSL_connect(ssl);
  ERR_clear_error();
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out, &bytes);
  return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

// Of a record with a ServerHello: record type and version, length (5 bytes); type, length (4), version (2).
constexpr std::size_t server_hello_version_at = 9;
constexpr std::size_t server_hello_front = server_hello_version_at + 2;

std::string version_in(std::string_view answer) {
  constexpr char handshake = 22;
  constexpr char server_hello = 2;
  if (answer.size() < server_hello_front || answer[0] != handshake || answer[5] != server_hello ||
      answer[server_hello_version_at] != 3) {
    return {};
  }
  switch (answer[server_hello_version_at + 1]) {
    case 1:
      return "TLSv1";
    case 2:
      return "TLSv1.1";
    case 3:
      return "TLSv1.2";
    default:
      return {};
  }
}

}  // namespace

bool TlsSession::wait(int result, Deadline deadline) const {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return connection_.wait_readable(deadline);
    case SSL_ERROR_WANT_WRITE:
      return connection_.wait_writable(deadline);
    default:
      return false;
  }
}

bool TlsSession::write_all(std::string_view bytes, Deadline deadline, std::string& error) {
  for (;;) {
    ERR_clear_error();
    const int written = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (written > 0) {
      return true;
    }
    if (!wait(written, deadline)) {
      error = deadline.passed() ? "the peer takes nothing in time" : last_error(written, ssl_.get());
      return false;
    }
  }
}

bool TlsSession::read_some(std::string& into, std::size_t limit, Deadline deadline, std::string& error) {
  std::array<char, 4096> bytes;
  for (;;) {
    ERR_clear_error();
    const int count = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(std::min(limit, bytes.size())));
    if (count > 0) {
      into.append(bytes.data(), static_cast<std::size_t>(count));
      return true;
    }
    if (!wait(count, deadline)) {
      error = deadline.passed() ? "no answer in time" : last_error(count, ssl_.get());
      return false;
    }
  }
}

std::expected<TlsClient, Fault> TlsClient::create(const std::string& ca_file) {
  Context context = make_context();
  auto roots = trust::read_roots(ca_file);
  if (!roots) {
    return std::unexpected(std::move(roots).error());
  }
  if (!context || SSL_CTX_add_custom_ext(context.get(), padding_extension, SSL_EXT_CLIENT_HELLO, add_padding,
                                         nullptr, nullptr, nullptr, nullptr) != 1) {
    ERR_clear_error();
    return std::unexpected(Fault{"lookup-unusable", "OpenSSL cannot be started: no memory"});
  }
  return TlsClient(std::move(context), *std::move(roots));
}

std::optional<std::string> TlsClient::chosen_version(const ProbeConnection& connection, const TlsWish& wish,
                                                     Deadline deadline) const {
  const Handle<SSL, SSL_free> ssl(SSL_new(context_.get()));
  if (!ssl || !set_wish(ssl.get(), wish)) {
    return std::nullopt;
  }
  const std::string hello = client_hello(ssl.get());
  std::string answer;
  std::string error;
  bool goes_on = !hello.empty() && connection.write_all(hello, deadline, error);
  while (goes_on && answer.size() < server_hello_front &&
         answer.substr(0, 1) != "\x15") {  // an alert is short
    goes_on = connection.read_some(answer, server_hello_front - answer.size(), deadline, error);
  }
  return !goes_on && deadline.passed() ? std::nullopt : std::optional(version_in(answer));
}

TlsClient::Result TlsClient::handshake(const ProbeConnection& connection, const TlsWish& wish,
                                       Deadline deadline) const {
  Result result;
  SSL* ssl = SSL_new(context_.get());
  if (ssl == nullptr) {
    result.fact.error = "no memory for TLS";
    return result;
  }
  std::unique_ptr<TlsSession> session(new TlsSession(connection, ssl));
  SSL_set_app_data(ssl, wish.large_hello ? ssl : nullptr);
  if (!set_wish(ssl, wish) || SSL_set_fd(ssl, connection.descriptor()) != 1) {
    result.fact.error = last_error(0, ssl);
    return result;
  }
  for (;;) {
    ERR_clear_error();
    const int rc = SSL_connect(ssl);
    if (rc == 1) {
      break;
    }
    const int kind = SSL_get_error(ssl, rc);
    const bool waits = kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE;
    if (!waits || !session->wait(rc, deadline)) {
      result.fact.error = waits ? "no answer in time" : last_error(rc, ssl);
      return result;
    }
  }
  result.fact.established = true;
  result.fact.version = SSL_get_version(ssl);
  result.fact.cipher = SSL_get_cipher_name(ssl);
  result.fact.certificate = chains_->read(SSL_get_peer_cert_chain(ssl));
  result.session = std::move(session);
  return result;
}

}  // namespace mta_sts::probe
