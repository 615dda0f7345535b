#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.hpp"

namespace mta_sts::cli {

/// Checks the URIs of --rua for the record `_smtp._tls.` of a domain (A-labels), and leaves each there once.
/// Gives a warning (rua-repeated) for each that stood there again. Errors: bad-rua, where one may not stand
/// in the record as it is; bad-domain, where the domain can have no such record; exit with wrong_use. RFC
/// 8460 section 3.
[[nodiscard]] std::expected<std::vector<std::string>, Fault> check_rua(std::vector<std::string>& rua,
                                                                       std::string_view domain);

}  // namespace mta_sts::cli
