#pragma once

#include <curl/curl.h>
#include <openssl/ssl.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "base/handle.hpp"
#include "os/ip_address.hpp"
#include "outcome/post/report_poster.hpp"
#include "trust/chain.hpp"
#include "trust/roots.hpp"

namespace mta_sts::outcome {

/// One POST by libcurl. It must stay where it is while libcurl has the handle.
class PostTransfer {
 public:
  PostTransfer(const PostTarget& target, std::string gzip) : target_(target), gzip_(std::move(gzip)) {}
  PostTransfer(const PostTransfer&) = delete;
  PostTransfer& operator=(const PostTransfer&) = delete;

  /// Prepares it, at these addresses alone. `roots` outlive it. False: no memory.
  [[nodiscard]] bool prepare(std::span<const IpAddress> addresses, const PostOptions& options,
                             X509_STORE* roots);

  [[nodiscard]] CURL* handle() const { return easy_.get(); }

  /// Judges how it ended.
  [[nodiscard]] PostOutcome conclude(CURLcode code) const;

 private:
  bool set_options(const PostOptions& options);

  static std::size_t on_bytes(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static CURLcode on_tls_context(CURL* easy, void* context, void* self) noexcept;
  static int on_verify(X509_STORE_CTX* context, void* self) noexcept;

  PostTarget target_;
  std::string gzip_;
  X509_STORE* trusted_ = nullptr;
  std::size_t received_ = 0;                      // head and body
  std::optional<trust::ChainFault> chain_fault_;  // the first one
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  Handle<curl_slist, curl_slist_free_all> fields_;
  Handle<curl_slist, curl_slist_free_all> resolve_;
  Handle<CURLSH, curl_share_cleanup> share_;
  Handle<CURL, curl_easy_cleanup> easy_;  // last: it goes before what it points to
};

}  // namespace mta_sts::outcome
