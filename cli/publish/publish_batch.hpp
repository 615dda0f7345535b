#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "cli/check/check_run.hpp"
#include "cli/publish/publish_job.hpp"
#include "store/store_error.hpp"

namespace mta_sts::cli {

struct PublishRun {
  std::string store_path;
  bool offline = false;  ///< no question to the network
  CheckRunOptions network;
  /// Takes what the network said of a job, by its number; may be empty.
  std::function<void(std::size_t, const check::Facts&)> on_facts = {};
};

/// Gives the fault of a store that cannot be used.
[[nodiscard]] PublishFault fault_of_store(const store::StoreError& error);

/// Reads what the store has for every job, and asks the network about all of them. A job's own fault stops
/// that job alone. Error: the store or the network as a whole cannot be used.
[[nodiscard]] std::expected<void, PublishFault> look_at_jobs(const PublishRun& run,
                                                             std::vector<PublishJob>& jobs);

/// Asks the network about them again.
[[nodiscard]] std::expected<void, PublishFault> ask_again(const PublishRun& run,
                                                          std::vector<PublishJob>& jobs);

/// Does what jobs ask that were looked at: changes the store in one transaction, looks at the network where
/// something changed or was not asked, and makes the plans. Error: as above; nothing was changed, unless its
/// detail says so.
[[nodiscard]] std::expected<void, PublishFault> change_jobs(const PublishRun& run,
                                                            std::vector<PublishJob>& jobs);

/// Does both, and asks the network first only where the store's change depends on it.
[[nodiscard]] std::expected<void, PublishFault> run_jobs(const PublishRun& run,
                                                         std::vector<PublishJob>& jobs);

}  // namespace mta_sts::cli
