#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts {

/// The policy modes of RFC 8461 section 5.
enum class Mode : std::uint8_t { enforce, testing, none };

[[nodiscard]] std::string_view to_string(Mode mode);

/// Reads a mode word; case counts. RFC 8461 section 3.2.
[[nodiscard]] std::optional<Mode> parse_mode(std::string_view word);

/// A policy body may have this many bytes; one more is refused. RFC 8461 section 3.3, R37.
inline constexpr std::size_t policy_limit_bytes = 65536;

/// The greatest max_age that counts, one year. RFC 8461 section 3.2.
inline constexpr std::uint64_t max_age_limit_seconds = 31557600;

inline constexpr std::uint64_t day_seconds = 86400;

/// RFC 8461 section 3.2 expects a max_age "in the range of weeks or greater". A shorter one makes enforce
/// weak: when it has expired, an attacker who blocks the policy host removes the policy. A longer one makes
/// testing slow: a correction should reach senders soon (sections 5 and 10.2).
inline constexpr std::uint64_t week_seconds = 604800;

/// Tells whether a policy to enforce is kept for under a week.
[[nodiscard]] bool is_max_age_short(Mode mode, std::uint64_t max_age_seconds);

/// Tells whether a policy that is tested is kept for over a week.
[[nodiscard]] bool is_max_age_long(Mode mode, std::uint64_t max_age_seconds);

/// A field that RFC 8461 does not define, kept in its place ("sts-policy-extension").
struct PolicyExtension {
  std::string name;
  std::string value;

  bool operator==(const PolicyExtension&) const = default;
};

/// An MTA-STS policy. RFC 8461 section 3.2.
struct Policy {
  Mode mode = Mode::none;
  std::vector<std::string> mx;  ///< host names or "*." host names, lower case, in file order, duplicates kept
  std::uint64_t max_age_seconds = 0;        ///< as written; up to ten digits
  std::vector<PolicyExtension> extensions;  ///< the first of each name, in file order

  /// Gives max_age clamped to one year, as a sender uses it (position P2).
  [[nodiscard]] std::chrono::seconds max_age_used() const;

  bool operator==(const Policy&) const = default;
};

}  // namespace mta_sts
