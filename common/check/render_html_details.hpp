#pragma once

#include <string>

#include "check/details.hpp"

namespace mta_sts::check {

/// Gives the parts of the page that show what was seen, without what is thought of it.
[[nodiscard]] std::string render_html(const Details& details);

}  // namespace mta_sts::check
