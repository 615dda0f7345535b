#pragma once

#include <string_view>

#include "policy/parse_policy.hpp"

namespace mta_sts {

/// A line of a policy body as far as it could be read; views into the body.
struct PolicyLine {
  std::string_view text;   ///< the whole line without its end
  std::string_view name;   ///< what stands before the colon; empty where there is no such name
  std::string_view value;  ///< without the blanks around it
  text::Position where;    ///< of the line's first byte
  text::Position value_where;
};

/// Words a fault for people: one sentence that says what is wrong and what to write, and the fixed line
/// where what was meant is clear. `line` is the line at fault; empty where the fault is of the whole body.
/// Works on any bytes.
[[nodiscard]] PolicyError describe_fault(PolicyErrorCode code, text::Position where, const PolicyLine& line);

}  // namespace mta_sts
