#pragma once

#include <uv.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "base/fault.hpp"
#include "policy/content_type.hpp"
#include "sender/dns_lookup.hpp"
#include "sender/fetch/fetch_places.hpp"
#include "sender/policy_fetch.hpp"

namespace mta_sts::sender {

struct CurlFetchOptions {
  std::string ca_file{"/etc/ssl/certs/ca-certificates.crt"};             ///< `--ca`; trusted roots, PEM
  std::uint16_t https_port = 443;                                        ///< `--https-port`, for tests
  bool allow_private = false;                                            ///< `--allow-private`
  MissingContentType missing_content_type = MissingContentType::refuse;  ///< position P4
  std::chrono::milliseconds connect_deadline{5000};  ///< TLS handshake included; both families are raced
  std::chrono::milliseconds deadline{
      60000};                        ///< for one fetch with its addresses; as long again for a place, R71
  FetchPlaceLimits places;           ///< for fetches at once; more wait
  std::size_t waiting_limit = 4096;  ///< fetches that wait for such a place; more fail at once
  std::string user_agent{"mta-sts"};
};

/// PolicyFetch by libcurl on a libuv loop: addresses from our own DNS, TLS 1.2 or later, DNS-ID alone,
/// HTTP/1.1 with strict framing, no redirect, proxy, cookie, cache or environment. What it saw is judged by
/// judge_fetch.
class CurlFetch final : public PolicyFetch {
 public:
  /// Error: ca-unreadable, or lookup-unusable where libcurl is without OpenSSL. `loop` and
  /// `dns` outlive this object.
  [[nodiscard]] static std::expected<std::unique_ptr<CurlFetch>, Fault> create(uv_loop_t* loop,
                                                                               DnsLookup& dns,
                                                                               CurlFetchOptions options);

  /// Ends every open fetch with fetch_internal. The loop must run once more after that.
  ~CurlFetch() override;

  CurlFetch(const CurlFetch&) = delete;
  CurlFetch& operator=(const CurlFetch&) = delete;

  void fetch(const DomainName& domain, FetchOrder order) override;

  /// Reads the CA file anew for every fetch that begins from now on. Error: it cannot be read, the old roots
  /// stay.
  [[nodiscard]] std::expected<void, Fault> reload_ca();

 private:
  class Engine;
  explicit CurlFetch(std::shared_ptr<Engine> engine);

  std::shared_ptr<Engine> engine_;
};

}  // namespace mta_sts::sender
