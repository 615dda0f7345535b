#pragma once

#include <string>

#include "cli/import/import_pass.hpp"

namespace mta_sts::cli {

/// Says what a pass came to: "2 new reports, 0 duplicates, 0 conflicts", and what was refused or not moved.
[[nodiscard]] std::string to_sentence(const PassResult& pass);

/// The same as one JSON object.
[[nodiscard]] std::string to_json(const PassResult& pass);

}  // namespace mta_sts::cli
