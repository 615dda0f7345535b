#pragma once

#include <cstddef>
#include <string_view>

namespace mta_sts {

/// A line of a policy taken apart as a person reads it; views into the line.
struct LooseField {
  std::string_view name;   ///< what stands before the first colon or equals sign; empty where there is none
  std::string_view value;  ///< what stands behind it, without the blanks around it
};

/// Takes a line apart whatever stands around its parts: blanks, a byte order mark, the "-" of a list. A known
/// name with one word behind it ("mode enforce") is a field too. Works on any bytes.
[[nodiscard]] LooseField read_loosely(std::string_view line);

/// Gives the defined field ("version", "mode", "max_age", "mx") that a field's name means: in another case,
/// with other punctuation ("Max-Age") or with a typing error ("verison", "nmx"); empty where it means none.
/// The one rule of near misses, for lint and check. RFC 8461 section 3.2 defines the names.
[[nodiscard]] std::string_view near_field(std::string_view name);

/// The same for the name of a whole line, taken apart by read_loosely.
[[nodiscard]] std::string_view meant_field(std::string_view line);

/// Gives the number of typing errors between two short words: letters added, left out, replaced, or two
/// neighbours exchanged (the optimal string alignment distance).
[[nodiscard]] std::size_t typing_errors_between(std::string_view a, std::string_view b);

}  // namespace mta_sts
