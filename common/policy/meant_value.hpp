#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/policy.hpp"

namespace mta_sts {

/// Gives a line or value without the remark at its end ("testing # for a week", "604800 // a week"); a policy
/// has no remarks. RFC 8461 section 3.2.
[[nodiscard]] std::string_view without_remark(std::string_view text);

/// Reads the mode that a word means in another case, form or with a typing error ("Enforced", "[testing]",
/// "none # opt out"). Nothing where that is not clear ("live", "on", "enforce or testing"): a mend must never
/// put testing in place of enforce.
[[nodiscard]] std::optional<Mode> read_meant_mode(std::string_view value);

/// Reads the seconds that a text means: with a unit in any case ("1 week", "12h", "2W"), with marks between
/// the thousands ("604.800"), in quotes; over a year it is a year, as senders use it (position P2). Nothing
/// where a part of it cannot be read: a mend must never mean less than what was written.
[[nodiscard]] std::optional<std::uint64_t> read_meant_max_age(std::string_view value);

/// Gives the mx lines that a value means, LF between them: hosts joined on one line, with root dot,
/// preference, port, brackets or quotes. Nothing where a part of it is no host name of several labels.
[[nodiscard]] std::optional<std::string> read_meant_mx(std::string_view value);

/// Tells whether a value stands for STSv1, the one version there is ("stsv1", "STSv2", "1").
[[nodiscard]] bool is_meant_version(std::string_view value);

/// Gives the line (or mx lines) of a defined field that `value` means; nothing where that is not clear.
[[nodiscard]] std::optional<std::string> meant_line(std::string_view field, std::string_view value);

}  // namespace mta_sts
