#pragma once

#include <string>

#include "base/log.hpp"
#include "cli/command.hpp"
#include "cli/store/opened_store.hpp"

namespace mta_sts::cli {

/// What `store sync` is told.
struct SyncOptions {
  StoreOptions store;
  std::string from;
  std::string metrics;
  std::string log_level{"info"};
  unsigned every_seconds = 3600;
  unsigned timeout_seconds = 30;
  bool once = false;
  bool dry_run = false;
  bool allow_removals = false;
};

/// Looks at all rows of the table once and prints what changed, or would change.
[[nodiscard]] ExitCode sync_once(Output& output, const SyncOptions& options);

/// Keeps the store equal to the table until the process is ended, whatever fails meanwhile.
[[noreturn]] void sync_on(const SyncOptions& options);

}  // namespace mta_sts::cli
