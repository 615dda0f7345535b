#pragma once

#include <openssl/ssl.h>

#include <expected>
#include <string>
#include <string_view>

#include "base/fault.hpp"
#include "base/handle.hpp"

namespace mta_sts::sender {

/// What a TLS client trusts, and shows where the server asks for a certificate: files of PEM.
struct TlsFiles {
  std::string ca;           ///< the trusted roots
  std::string certificate;  ///< of this host, with its chain; empty: none
  std::string key;          ///< of it

  bool operator==(const TlsFiles&) const = default;
};

using TlsSettings = Handle<SSL_CTX, SSL_CTX_free>;

/// Reads the files. TLS 1.2 at least. Error: shared-cache-unusable.
[[nodiscard]] std::expected<TlsSettings, Fault> read_tls_files(const TlsFiles& files);

/// The client's end of one TLS connection, between bytes and bytes: it knows no socket.
class TlsPipe {
 public:
  /// `host`: the name or address that the server's certificate must be for.
  TlsPipe(SSL_CTX* settings, const std::string& host);

  /// Takes bytes from the server, which may be none to begin with, and gives what they mean; the connection
  /// is at its end where has_failed(), or is_ended().
  [[nodiscard]] std::string receive(std::string_view bytes);

  /// Encrypts bytes for the server.
  void send(std::string_view bytes);

  /// Gives what is to be sent to the server now.
  [[nodiscard]] std::string take_output();

  [[nodiscard]] bool is_established() const { return is_established_; }
  [[nodiscard]] bool is_ended() const { return is_ended_; }  ///< as the server said
  [[nodiscard]] bool has_failed() const { return !failure_.empty(); }
  [[nodiscard]] const std::string& failure() const { return failure_; }  ///< why, safe to show

 private:
  void note_result(int result);

  Handle<SSL, SSL_free> ssl_;
  BIO* from_server_ = nullptr;  // ssl_ owns both
  BIO* to_server_ = nullptr;
  bool is_established_ = false;
  bool is_ended_ = false;
  std::string failure_;
};

}  // namespace mta_sts::sender
