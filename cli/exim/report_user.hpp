#pragma once

#include <expected>
#include <string>

#include "base/fault.hpp"
#include "cli/exim/program.hpp"

namespace mta_sts::cli {

/// Gives the number of the user whose mail are TLS reports. Exim knows who submitted a message, and nothing
/// in the message changes that; so it must be a user whose mail nobody else can submit. Error:
/// report-user-unusable, for a name that no user has, for root, and for Exim's own user, whose is all mail
/// that comes by SMTP.
[[nodiscard]] std::expected<unsigned, Fault> find_report_uid(const std::string& name,
                                                             const EximProgram& exim);

}  // namespace mta_sts::cli
