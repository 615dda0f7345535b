#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/domain_name.hpp"
#include "policy/policy.hpp"
#include "sender/policy_fetch.hpp"

namespace mta_sts::sender {

/// Why a value of the share is refused. For all of them: fetch the policy, which replaces the value.
enum class SharedValueError : std::uint8_t {
  too_large,       ///< over shared_value_limit_bytes
  malformed,       ///< no header of this version, or the body is not as long as it says
  unauthentic,     ///< not sealed with the secret of this host for this domain; or sealed, and it has none
  time_wrong,      ///< fetched in the future, or expired
  policy_invalid,  ///< the body is no policy (RFC 8461 section 3.2), or one with a max_age of 0
};

inline constexpr std::size_t shared_value_error_count = 5;

/// Gives the error word, "shared-value-malformed".
[[nodiscard]] std::string_view to_string(SharedValueError error);

/// The header's line and a policy.
inline constexpr std::size_t shared_header_limit_bytes = 224;
inline constexpr std::size_t shared_value_limit_bytes = shared_header_limit_bytes + policy_limit_bytes;

/// A policy as one host gives it to the others: what was served, under which id, when and by whom.
struct SharedPolicy {
  std::string id;  ///< of the TXT record, as that host saw it
  FetchedPolicy fetched;
};

/// What values look like between hosts that have a secret in common, or none.
class SharedValueForm {
 public:
  /// A key of HMAC-SHA256 has at least the bytes of its digest, RFC 2104 section 3.
  static constexpr std::size_t least_secret_bytes = 32;

  /// `secret`: any bytes, at least least_secret_bytes. Empty: values are not sealed, and whoever can write
  /// them is believed.
  explicit SharedValueForm(std::string secret) : secret_(std::move(secret)) {}

  /// Writes "mta-sts 1 ID FETCHED PEER LENGTH", a line feed, and the body as it was served. FETCHED is in
  /// seconds since 1970, PEER an address or "-". With a secret "mta-sts 2 … LENGTH SEAL": the HMAC-SHA256 of
  /// the domain, the line before it and the body, as hex digits. tests/fuzz reads it back.
  [[nodiscard]] std::string render(const DomainName& domain, std::string_view id,
                                   const FetchedPolicy& fetched, std::chrono::sys_seconds at) const;

  /// Reads a domain's value of any bytes, and judges it by the clock `now` of this host: the body is parsed
  /// as one that was just fetched. A time at most a minute ahead, as other hosts' clocks are, counts as now.
  /// Of the result `fetched.shared` is set.
  [[nodiscard]] std::expected<SharedPolicy, SharedValueError> parse(const DomainName& domain,
                                                                    std::string_view value,
                                                                    std::chrono::sys_seconds now) const;

 private:
  [[nodiscard]] std::string seal(const DomainName& domain, std::string_view line,
                                 std::string_view body) const;

  std::string secret_;
};

}  // namespace mta_sts::sender
