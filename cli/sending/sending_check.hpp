#pragma once

#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/sending/sending_options.hpp"

namespace mta_sts::cli {

/// Looks at what DNS and this host show of how a report to --check would fare: the domain's record, where it
/// goes, who signs it. Sends nothing. At fault: a report would be lost.
[[nodiscard]] ExitCode check_sending(Output& output, const SendingOptions& options,
                                     const SendingSetup& setup);

}  // namespace mta_sts::cli
