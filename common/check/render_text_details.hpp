#pragma once

#include <string>
#include <vector>

#include "base/paint.hpp"
#include "check/details.hpp"
#include "check/timeline.hpp"

namespace mta_sts::check {

/// Gives what was seen, for a terminal: the part of --all before the checks.
[[nodiscard]] std::string render_text(const Details& details, const Paint& paint);

/// Gives what is to be done next, for --all; nothing where there is nothing.
[[nodiscard]] std::string render_next(const std::vector<Step>& steps, const Paint& paint);

}  // namespace mta_sts::check
