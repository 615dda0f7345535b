#pragma once

#include <expected>
#include <map>
#include <string>
#include <vector>

#include "check/facts.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace mta_sts::cli {

/// Reads the failures that TLS-RPT reports name, by domain: from files or folders of reports, or from the
/// history of `mta-sts tlsrpt` (a SQLite file). Says on standard error what is
/// wrong. Error: the exit code, where nothing could be read.
[[nodiscard]] std::expected<std::map<std::string, std::vector<check::ReportedFailure>>, ExitCode>
read_reported_failures(Output& output, const std::vector<std::string>& words);

}  // namespace mta_sts::cli
