#pragma once

#include <string>

#include "base/paint.hpp"
#include "check/details.hpp"

namespace mta_sts::check {

/// Gives what was seen, for a terminal: the part of --all before the checks.
[[nodiscard]] std::string render_text(const Details& details, const Paint& paint);

}  // namespace mta_sts::check
