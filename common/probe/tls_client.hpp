#pragma once

#include <openssl/ssl.h>

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/fault.hpp"
#include "base/handle.hpp"
#include "check/facts.hpp"
#include "probe/certificate_reader.hpp"
#include "probe/connection.hpp"
#include "trust/roots.hpp"

namespace mta_sts::probe {

/// Which versions of TLS one handshake offers.
enum class TlsVersions : std::uint8_t { from_1_2, only_1_3, only_1_2, before_1_2 };

/// How one handshake is made.
struct TlsWish {
  std::string server_name{};  ///< for SNI; empty: none is sent (C22, C46)
  TlsVersions versions = TlsVersions::from_1_2;
  bool large_hello = false;  ///< fill the ClientHello beyond one packet (C48)
};

/// A TLS connection over a ProbeConnection, which must outlive it.
class TlsSession {
 public:
  /// Sends bytes. False: see `error`.
  [[nodiscard]] bool write_all(std::string_view bytes, Deadline deadline, std::string& error);

  /// Adds what is there, at most `limit` bytes, to `into`. False: the peer ended, failed, or the deadline
  /// passed, see `error`.
  [[nodiscard]] bool read_some(std::string& into, std::size_t limit, Deadline deadline, std::string& error);

 private:
  friend class TlsClient;
  TlsSession(const ProbeConnection& connection, SSL* ssl) : connection_(connection), ssl_(ssl) {}

  [[nodiscard]] bool wait(int result, Deadline deadline) const;

  const ProbeConnection& connection_;
  Handle<SSL, SSL_free> ssl_;
};

/// Makes handshakes that accept every certificate and say what they saw; the checks judge it. One object
/// serves many threads at once. The process must have SIGPIPE ignored or handled.
class TlsClient {
 public:
  /// `ca_file`: trusted roots, PEM. Error: ca-unreadable, or lookup-unusable without
  /// memory.
  [[nodiscard]] static std::expected<TlsClient, Fault> create(const std::string& ca_file);

  struct Result {
    check::TlsFact fact;
    std::unique_ptr<TlsSession> session;  ///< null where the handshake failed
  };

  [[nodiscard]] Result handshake(const ProbeConnection& connection, const TlsWish& wish,
                                 Deadline deadline) const;

  /// Sends a ClientHello and tells which version the ServerHello chooses, "TLSv1.2" or older; empty: the wish
  /// was refused. The handshake is not finished: what it would cost both sides is left out. Nothing where no
  /// answer came in time. RFC 5246 section 7.4.1.3.
  [[nodiscard]] std::optional<std::string> chosen_version(const ProbeConnection& connection,
                                                          const TlsWish& wish, Deadline deadline) const;

  /// Reads and judges the chains of this client's peers; lives as long as this object.
  [[nodiscard]] ChainReader& chains() const { return *chains_; }

 private:
  using Context = Handle<SSL_CTX, SSL_CTX_free>;
  TlsClient(Context context, trust::RootStore roots)
      : context_(std::move(context)), chains_(std::make_unique<ChainReader>(std::move(roots))) {}

  Context context_;
  std::unique_ptr<ChainReader> chains_;
};

}  // namespace mta_sts::probe
