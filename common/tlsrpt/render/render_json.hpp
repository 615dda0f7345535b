#pragma once

#include <string>
#include <string_view>

#include "tlsrpt/model/duplicates.hpp"
#include "tlsrpt/model/metrics.hpp"
#include "tlsrpt/read/read_input.hpp"

namespace mta_sts::tlsrpt {

/// Reports with more policies than this also get `policy_count` and `total` in their JSON.
inline constexpr std::size_t many_policies = 1000;

/// Writes one report as JSON, pure ASCII: a terminal can show it whatever the sender put into it.
[[nodiscard]] std::string render_report_json(const Report& report);

/// Writes what follows the reports in an input's entry: `"container":...,"warnings":[...]`, without brackets.
[[nodiscard]] std::string render_input_json(const InputResult& result);

/// Writes a text as a JSON string, pure ASCII.
[[nodiscard]] std::string render_json_text(std::string_view text);

/// Writes the `summary` object.
[[nodiscard]] std::string render_summary_json(const Metrics& metrics, const LeftOut& left_out, Target target);

}  // namespace mta_sts::tlsrpt
