#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/fault.hpp"
#include "check/facts.hpp"

namespace mta_sts::check {

/// Gives the facts as one JSON object (UTF-8, two blanks of indent); bytes that are no UTF-8 become {"hex":
/// "..."}.
[[nodiscard]] std::string render_facts(const Facts& facts);

/// Reads such an object back. Missing members keep their defaults, unknown ones are refused, depth is
/// bounded. Error: input-invalid, which names the member and what was expected; the caller shows it and stops
/// (exit 2).
[[nodiscard]] std::expected<Facts, Fault> parse_facts(std::string_view json);

}  // namespace mta_sts::check
