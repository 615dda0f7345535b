#pragma once

#include <uv.h>

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.hpp"
#include "os/ip_address.hpp"
#include "outcome/report/report_target.hpp"
#include "sender/dns_lookup.hpp"

namespace mta_sts::outcome {

struct PostOptions {
  std::string ca_file{"/etc/ssl/certs/ca-certificates.crt"};
  bool allow_private = false;            ///< receivers on loopback and private addresses too
  std::vector<IpAddress> own_addresses;  ///< of this host; public ones are refused, too
  bool requires_certificate = false;     ///< else a report goes to a receiver whose certificate is wrong, too
  std::chrono::milliseconds connect_deadline{10000};  ///< TLS handshake included
  std::chrono::milliseconds deadline{60000};          ///< of one POST, without its DNS
  std::string user_agent{"mta-sts"};
};

/// Why a report was not taken. It is tried again.
enum class PostErrorCode : std::uint8_t {
  post_no_address,          ///< the host has none, or DNS did not say
  post_address_not_public,  ///< it has only addresses of private networks
  post_own_address,         ///< it has only addresses of this host, public ones
  post_unreachable,         ///< no connection
  post_timeout,             ///< no answer in time
  post_untrusted,           ///< its certificate is wrong (requires_certificate)
  post_redirected,          ///< a redirect, which is not followed
  post_refused,             ///< another status than 2xx
  post_failed,              ///< TLS, HTTP, or memory
};

/// Gives the error word, "post-refused".
[[nodiscard]] std::string_view to_string(PostErrorCode code);

struct PostError {
  PostErrorCode code = PostErrorCode::post_failed;
  std::string detail;  ///< safe to show
};

/// What a receiver said where it took the report: a sentence, with what is wrong with its certificate.
using PostOutcome = std::expected<std::string, PostError>;

/// Posts reports over HTTPS on a libuv loop: addresses from our own DNS, TLS 1.2 or later, HTTP/1.1, no
/// redirect, proxy, cookie or environment; of an answer the status counts, and at most 64 KiB are read. RFC
/// 8460 section 3 lets a sender go past a certificate that is wrong, which this does unless told otherwise:
/// what is reported may be that very fault, and whoever is between could as well drop the report. RFC 8460
/// sections 3 and 5.4.
class ReportPoster {
 public:
  /// Error: ca-unreadable, or lookup-unusable where libcurl is without OpenSSL. `loop` and `dns` outlive this
  /// object.
  [[nodiscard]] static std::expected<std::unique_ptr<ReportPoster>, Fault> create(uv_loop_t* loop,
                                                                                  sender::DnsLookup& dns,
                                                                                  PostOptions options);
  ~ReportPoster();
  ReportPoster(const ReportPoster&) = delete;
  ReportPoster& operator=(const ReportPoster&) = delete;

  /// Posts a report in gzip, and calls `done` once from the loop. The caller bounds how many are open.
  void post(const PostTarget& target, std::string gzip, std::function<void(PostOutcome)> done);

 private:
  class Engine;
  explicit ReportPoster(std::shared_ptr<Engine> engine);

  std::shared_ptr<Engine> engine_;
};

}  // namespace mta_sts::outcome
