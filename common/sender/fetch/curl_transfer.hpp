#pragma once

#include <curl/curl.h>
#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/handle.hpp"
#include "sender/fetch/chunked_body.hpp"
#include "sender/fetch/curl_fetch.hpp"
#include "sender/fetch/fetch_facts.hpp"
#include "trust/chain.hpp"
#include "trust/roots.hpp"

namespace mta_sts::sender {

/// One HTTPS GET of a policy by libcurl: sets the handle up, collects the facts, leaves judging to
/// judge_fetch. It must stay where it is while libcurl has the handle.
class CurlTransfer {
 public:
  CurlTransfer() = default;
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  /// Prepares a GET from `host` at these addresses alone, within `time_left`. The transfer keeps a
  /// reference to `roots`. False: no memory.
  [[nodiscard]] bool prepare(const std::string& host, std::span<const IpAddress> addresses,
                             const CurlFetchOptions& options, X509_STORE* roots,
                             std::chrono::milliseconds time_left);

  [[nodiscard]] CURL* handle() const { return easy_.get(); }

  /// Notes that a socket of it was given to the loop: the kernel did not refuse every connection at once.
  void note_wait() { waited_ = true; }

  /// Notes that one could not be given to the loop, which is this host's own trouble.
  void note_not_watched(int error) { own_error_ = error; }

  /// Turns libcurl's own result into facts. Call once, when the transfer is over.
  void conclude(CURLcode code);

  [[nodiscard]] FetchFacts& facts() { return facts_; }

 private:
  bool set_options(const CurlFetchOptions& options, const std::string& url,
                   std::chrono::milliseconds time_left);
  void conclude_otherwise(CURLcode code);
  void conclude_connection();
  void conclude_certificate();

  bool receive_body(std::string_view bytes);

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static curl_socket_t on_open_socket(void* self, curlsocktype purpose, curl_sockaddr* address) noexcept;
  static CURLcode on_tls_context(CURL* easy, void* context, void* self) noexcept;
  static int on_verify(X509_STORE_CTX* context, void* self) noexcept;
  static void on_tls_info(const SSL* ssl, int where, int value) noexcept;
  static void on_tls_message(int sent, int version, int type, const void* data, std::size_t length, SSL* ssl,
                             void* self) noexcept;

  FetchFacts facts_;
  ChunkedBody chunks_;
  std::string host_;
  std::optional<trust::ChainFault> chain_fault_;  // the first one
  int own_error_ = 0;             // of this host: errno of a socket that could not be had or watched
  bool waited_ = false;           // for a connection or an answer
  bool has_v4_ = false;           // among the addresses
  bool callback_failed_ = false;  // memory ran out
  std::size_t tls_bytes_ = 0;     // received
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  trust::RootStore roots_;
  Handle<curl_slist, curl_slist_free_all> resolve_;
  Handle<CURLSH, curl_share_cleanup> share_;
  Handle<CURL, curl_easy_cleanup> easy_;  // last: it goes before what it points to
};

}  // namespace mta_sts::sender
