#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "policy/policy.hpp"
#include "sender/policy_fetch.hpp"

namespace mta_sts::sender {

/// Why a value of the share is refused. For all of them: fetch the policy, which replaces the value.
enum class SharedValueError : std::uint8_t {
  too_large,       ///< over shared_value_limit_bytes
  malformed,       ///< no header of this version, or the body is not as long as it says
  time_wrong,      ///< fetched in the future, or expired
  policy_invalid,  ///< the body is no policy (RFC 8461 section 3.2), or one with a max_age of 0
};

inline constexpr std::size_t shared_value_error_count = 4;

/// Gives the error word, "shared-value-malformed".
[[nodiscard]] std::string_view to_string(SharedValueError error);

/// The header's line and a policy.
inline constexpr std::size_t shared_header_limit_bytes = 160;
inline constexpr std::size_t shared_value_limit_bytes = shared_header_limit_bytes + policy_limit_bytes;

/// A policy as one host gives it to the others: what was served, under which id, when and by whom.
struct SharedPolicy {
  std::string id;  ///< of the TXT record, as that host saw it
  FetchedPolicy fetched;
};

/// Writes "mta-sts 1 ID FETCHED PEER LENGTH", a line feed, and the body as it was served. FETCHED is in
/// seconds since 1970, PEER an address or "-". tests/fuzz reads it back.
[[nodiscard]] std::string render_shared_value(std::string_view id, const FetchedPolicy& fetched,
                                              std::chrono::sys_seconds at);

/// Reads a value of any bytes, and judges it by the clock `now` of this host: the body is parsed as one that
/// was just fetched. A time at most a minute ahead, as other hosts' clocks are, counts as now. Of the result
/// `fetched.shared` is set.
[[nodiscard]] std::expected<SharedPolicy, SharedValueError> parse_shared_value(std::string_view value,
                                                                               std::chrono::sys_seconds now);

}  // namespace mta_sts::sender
