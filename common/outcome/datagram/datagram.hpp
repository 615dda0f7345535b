#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "outcome/session_outcome.hpp"

namespace mta_sts::outcome {

/// What mail servers send for each session: one JSON object in one datagram, libtlsrpt's protocol version
/// "1". A longer one than Linux passes through a Unix socket by default (212,992 bytes) is none.
inline constexpr std::size_t datagram_limit_bytes = 256U << 10U;

/// A sender's session has a policy of MTA-STS, TLSA records of each of its hosts, or none.
inline constexpr std::size_t policies_limit = 32;
inline constexpr std::size_t failures_limit = 256;  ///< of one policy: attempts of one session

/// Why a datagram was not taken. Nothing of it is counted.
enum class DatagramError : std::uint8_t {
  too_large,
  not_json,
  other_version,  ///< of the protocol
  bad_domain,     ///< none, or no domain name
  bad_value,      ///< a key that is missing, or has no value that it can have
};

inline constexpr std::size_t datagram_error_count = 5;

/// Gives the error word, "datagram-not-json".
[[nodiscard]] std::string_view to_string(DatagramError error);

/// Reads a datagram; `bytes` are used up. Keys that are not known are passed over, a missing version counts
/// as "1" (Debian 13's libtlsrpt sends none). The outcome's texts are UTF-8.
[[nodiscard]] std::expected<SessionOutcome, DatagramError> parse_datagram(std::string bytes);

}  // namespace mta_sts::outcome
