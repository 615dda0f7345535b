#pragma once

#include "cli/import/import_pass.hpp"

namespace mta_sts::cli {

/// Imports what comes, from the folders or the mailbox of the options, until it is told to end. Gives the
/// exit code: ok, or of what cannot be mended by waiting.
[[nodiscard]] ExitCode watch_imports(Output& output, const ImportOptions& options, StopSignal& stop);

}  // namespace mta_sts::cli
