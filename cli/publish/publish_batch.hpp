#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "cli/check/check_run.hpp"
#include "cli/publish/publish_job.hpp"

namespace mta_sts::cli {

struct PublishRun {
  std::string store_path;
  bool offline = false;  ///< no question to the network
  CheckRunOptions network;
};

/// Does what the jobs ask: looks at the network where the store's change depends on it, changes the store in
/// one transaction, looks at the network again where something changed, and makes the plans. A job's own
/// fault stops that job alone. Error: the store or the network as a whole cannot be used; nothing was
/// changed, unless its detail says so.
[[nodiscard]] std::expected<void, PublishFault> run_jobs(const PublishRun& run,
                                                         std::vector<PublishJob>& jobs);

}  // namespace mta_sts::cli
