#pragma once

#include <optional>
#include <string>

#include "base/fault.hpp"

namespace mta_sts::cli {

/// Says what is wrong with a URI of --rua, or nothing where it may stand in the record as it is. Error:
/// bad-rua; exit with wrong_use. RFC 8460 section 3.
[[nodiscard]] std::optional<Fault> fault_of_rua(const std::string& uri);

}  // namespace mta_sts::cli
