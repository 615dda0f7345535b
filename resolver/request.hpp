#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace mta_sts::resolver {

enum class RequestKind : std::uint8_t {
  verdict,
  explain,
  cache_list,
  cache_show,
  cache_refresh,
  cache_purge,
  cache_stats,
};

/// One request line, read.
struct Request {
  RequestKind kind = RequestKind::verdict;
  std::string domain;  ///< as the client wrote it, any bytes but blanks and controls; empty: the whole
                       ///< cache, or its beginning

  bool operator==(const Request&) const = default;
};

/// Why a line, or a lookup of Postfix, is no request. A connection whose framing is lost is answered once and
/// closed: who sends this is no client of ours.
enum class RequestError : std::uint8_t {
  too_long,         ///< over request_limit_bytes
  bad_character,    ///< a control character or a byte that is not UTF-8
  unknown_request,  ///< the first word is not one of ours
  missing_domain,
  unexpected_word,
  malformed,     ///< what comes is no netstring
  unknown_map,   ///< Postfix asks a map that is none of ours
  bad_next_hop,  ///< what is asked for is nothing that Postfix delivers to
};

inline constexpr std::size_t request_error_count = 8;

[[nodiscard]] std::string_view to_string(RequestError error);

/// Reads a request line without its LF: `verdict DOMAIN`, `explain DOMAIN`, `cache stats`,
/// `cache list [AFTER]`, `cache show|refresh|purge DOMAIN`, `cache purge *`; one space between the words.
/// Whether DOMAIN is a domain is not looked at here: that has an answer of its own.
[[nodiscard]] std::expected<Request, RequestError> parse_request(std::string_view line);

/// Tells whether a request is for root and the resolver's own user alone.
[[nodiscard]] constexpr bool is_privileged(RequestKind kind) {
  return kind != RequestKind::verdict;
}

}  // namespace mta_sts::resolver
