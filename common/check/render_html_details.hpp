#pragma once

#include <string>
#include <vector>

#include "check/details.hpp"
#include "check/timeline.hpp"

namespace mta_sts::check {

/// Gives the parts of the page that show what was seen, without what is thought of it.
[[nodiscard]] std::string render_html(const Details& details);

/// Gives the table of what senders do at every address; nothing where there is none.
[[nodiscard]] std::string render_senders(const Details& details);

/// Gives the list of what is to be done next; nothing where there is nothing.
[[nodiscard]] std::string render_next(const std::vector<Step>& steps);

}  // namespace mta_sts::check
