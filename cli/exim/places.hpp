#pragma once

#include <string>
#include <vector>

#include "eximconf/configuration.hpp"

namespace mta_sts::cli {

/// Says, a line each, where the three files in `folder` are to be included in this configuration, once.
[[nodiscard]] std::vector<std::string> places_of_blocks(const eximconf::Configuration& configuration,
                                                        const std::string& folder);

/// Tells whether Debian made this configuration out of one template (the unsplit form) or of conf.d.
enum class DebianForm { none, unsplit, split };
[[nodiscard]] DebianForm debian_form(const eximconf::Configuration& configuration);

}  // namespace mta_sts::cli
