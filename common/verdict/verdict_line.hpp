#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "verdict/verdict.hpp"

namespace mta_sts {

/// The longest request line to the resolver, and the longest answer, in bytes without the LF.
inline constexpr std::size_t request_limit_bytes = 1024;
inline constexpr std::size_t verdict_line_limit_bytes = std::size_t{512} * 1024;

/// Writes a verdict as the one line that the resolver answers and Exim reads: key=value words, one space
/// between, in this order: mode, reason, id, mx, ignore (both in double quotes), source, expires (UTC seconds
/// since 1970); a word whose value is empty is left out. mx is blank-separated; ignore is
/// host_ignore_list(mx), for enforce alone. A line over verdict_line_limit_bytes becomes `mode=temp
/// reason=policy-too-large …`, never none and never cut.
[[nodiscard]] std::string render_verdict_line(const Verdict& verdict);

/// Why an answer line is not trusted; the caller defers (`temp reason=answer-garbled`).
enum class VerdictLineError : std::uint8_t {
  too_long,
  bad_character,
  bad_word,
  repeated_word,
  bad_value,
  incomplete,
  contradiction
};

/// Reads such a line strictly, as the words of a less trusted process: only known words, each once, in any
/// order, every value against its own grammar (mx patterns too); enforce and testing have mx, id and expires;
/// `ignore` is there exactly with enforce and is what host_ignore_list(mx) gives; none and temp have no mx;
/// temp has a reason, the others a source.
[[nodiscard]] std::expected<Verdict, VerdictLineError> parse_verdict_line(std::string_view line);

/// Gives the Exim host list for `ignore_target_hosts` that keeps only hosts that a pattern names: one negated
/// anchored regex a pattern, then "*": `! ^mx1[.]example[.]com$ ; ! ^[^.]+[.]example[.]com$ ; *`. Never a
/// bare host name, which Exim would resolve and compare by address. Duplicates are given once.
[[nodiscard]] std::string host_ignore_list(std::span<const std::string> mx_patterns);

/// Tells whether `word` may stand as a reason: 1 to 64 of a-z, 0-9 and inner hyphens.
[[nodiscard]] bool is_reason_word(std::string_view word);

}  // namespace mta_sts
