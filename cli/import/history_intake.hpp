#pragma once

#include "cli/import/import_options.hpp"

namespace mta_sts::cli {

/// Takes what the history of --from-db keeps into that of --db: reports with the time of their first import,
/// conflicts, and what alerts remember. It can be done again and again, as every import.
[[nodiscard]] ExitCode import_history(Output& output, const ImportOptions& options);

}  // namespace mta_sts::cli
