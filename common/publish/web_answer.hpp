#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "publish/published_policy.hpp"

namespace mta_sts::publish {

/// The one path of a policy. RFC 8461 section 3.3.
inline constexpr std::string_view policy_path = "/.well-known/mta-sts.txt";

/// What every answer for the policy's path tells caches in front, as Cache-Control, where the administrator
/// says nothing: they may keep it and must ask with its ETag before each use. RFC 8461 section 3.3 forbids
/// senders to use what HTTP caches keep, but says nothing to proxies. One that keeps the former policy beyond
/// a change gives it to senders that saw the new id, and these keep it for max_age, so no time is short
/// enough.
inline constexpr std::string_view cache_control = "no-cache";

/// The same as X-Accel-Expires, for nginx as a proxy in front, which may be told to ignore Cache-Control.
inline constexpr std::string_view accel_expires = "0";

/// The media type of every answer for the policy's path. RFC 8461 section 3.2.
inline constexpr std::string_view answer_content_type = "text/plain";

/// What answers with a policy are made of.
struct PolicyBytes {
  std::string_view body;
  std::string_view etag;  ///< in double quotes
};

/// Why a store has no policy for a host.
enum class NoPolicy : std::uint8_t {
  unknown_domain,  ///< it does not hold the domain
  unavailable,     ///< it cannot be read, or not now
};

/// What a server sends, header values without their names; views live as long as the policy's bytes.
struct WebAnswer {
  int status = 200;
  std::string_view body;   ///< its size is the Content-Length, for HEAD too
  std::string_view etag;   ///< empty where the answer has none
  std::string_view allow;  ///< for 405, else empty
  bool send_body = true;   ///< false for HEAD
};

/// Answers a request for `path` (after the server's own normalisation, without query) with `method` in the
/// request's own bytes: 200 for GET and HEAD, 405 for all else; nothing where the path is not the policy's,
/// and the server goes on as if this module were not there. The server makes the 304 of a matching
/// If-None-Match from the ETag. No compression, no ranges. RFC 8461 section 3.3, R42 to R48.
[[nodiscard]] std::optional<WebAnswer> answer_request(std::string_view method, std::string_view path,
                                                      const PublishedPolicy& policy);

/// The same where a policy is kept for each host.
[[nodiscard]] std::optional<WebAnswer> answer_request(std::string_view method, std::string_view path,
                                                      const PolicyBytes& policy);

/// Answers where a store has no policy: 404 or 503 for GET and HEAD, never another page; 405 for all else;
/// nothing where the path is not the policy's. A sender that gets either keeps what it has cached. RFC 8461
/// section 3.3.
[[nodiscard]] std::optional<WebAnswer> answer_without_policy(std::string_view method, std::string_view path,
                                                             NoPolicy reason);

/// Gives the Policy Domain of a Host field: `mta-sts.` stripped (no case), port and root dot ignored; empty
/// where the host does not begin so. A view into `host`. R53.
[[nodiscard]] std::string_view policy_domain_of_host(std::string_view host);

}  // namespace mta_sts::publish
