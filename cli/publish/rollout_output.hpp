#pragma once

#include <string>

#include "cli/exit_code.hpp"
#include "cli/publish/rollout_run.hpp"

namespace mta_sts::cli {

/// Gives the exit code of where a domain stands. What nobody asked the network is no temporary failure.
[[nodiscard]] ExitCode exit_code_of(const RolloutJob& job, bool is_offline);

/// Gives it as one JSON object: that of `publish`, and the stages.
[[nodiscard]] std::string rollout_json(const RolloutJob& job, steps::Goal goal, unsigned ttl_seconds);

/// Gives the stages, the next policy and how to bring it about as comments of a zone file, and below them
/// what `publish` prints for the present one: lines of the zone, or with `is_nsupdate` commands.
[[nodiscard]] std::string rollout_text(const RolloutJob& job, bool is_nsupdate, unsigned ttl_seconds);

}  // namespace mta_sts::cli
