#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cursor.hpp"
#include "policy/policy.hpp"

namespace mta_sts {

/// Why a policy body is refused, in the order of the checks. A sender has no policy from such a body and
/// keeps a live cached one; a publisher refuses to serve it.
enum class PolicyErrorCode : std::uint8_t {
  too_large,        ///< over policy_limit_bytes
  not_utf8,         ///< a byte that RFC 3629 does not allow
  bom,              ///< begins with U+FEFF
  bad_line_ending,  ///< CR without LF
  empty,            ///< nothing in it
  blank_line,       ///< a line without a field (after the last field: strict reading alone)
  bad_syntax,       ///< a line that is no "name: value" of the grammar
  field_misspelt,   ///< a missing field stands there under a near miss of its name; find_policy_errors alone
  missing_version,
  bad_version,
  missing_mode,
  bad_mode,
  missing_max_age,
  bad_max_age,
  bad_mx,
  missing_mx,
};

[[nodiscard]] std::string_view to_string(PolicyErrorCode code);

/// Gives where the rule behind a fault stands, e.g. "RFC 8461 section 3.2".
[[nodiscard]] std::string_view rfc_section(PolicyErrorCode code);

struct PolicyError {
  PolicyErrorCode code = PolicyErrorCode::empty;
  text::Position where;  ///< first byte at fault; line 1, column 1 where the whole body is
  std::string detail;    ///< one sentence with the fix, safe to show
  /// The line as it should stand, or lines with LF between; empty where it should go; nothing where what was
  /// meant is not clear. Of a missing field it is the line to insert.
  std::optional<std::string> fixed;
};

/// Tells whether a fault is one of the whole body, and of no line of it: something is missing, or too much.
[[nodiscard]] bool is_of_whole_body(PolicyErrorCode code);

/// Who reads: a sender is as lenient as RFC 8461 asks; publisher and checker refuse what some sender would
/// (max_age over one year, trailing blank lines, an address as mx; positions P2, P10, P14).
enum class Reading : std::uint8_t { sender, strict };

/// Reads a policy body of any bytes. Stops at the first fault. RFC 8461 section 3.2.
[[nodiscard]] std::expected<Policy, PolicyError> parse_policy(std::string_view body, Reading reading);

/// At most this many faults of one body are told.
inline constexpr std::size_t policy_errors_limit = 100;

/// Gives the faults of a body at once, in line order, under the strict reading; empty where it is fine. For
/// lint and check. The same checks as parse_policy makes; a field whose line is at fault is not called
/// missing too, and neither is one whose name is misspelt (field_misspelt).
[[nodiscard]] std::vector<PolicyError> find_policy_errors(std::string_view body);

/// Tells whether `pattern` may stand behind "mx:": a Domain of RFC 5321 section 4.1.2 or "*." and a Domain
/// (positions P13, P15); the strict reading refuses an IPv4 address too (P14).
[[nodiscard]] bool is_mx_pattern(std::string_view pattern, Reading reading);

}  // namespace mta_sts
