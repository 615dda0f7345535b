#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/publish/publish_job.hpp"

namespace mta_sts::cli {

/// Gives the exit code of a job's result. What nobody asked the network is no temporary failure.
[[nodiscard]] ExitCode exit_code_of(const PublishJob& job, bool is_offline);

/// Gives what is unwise or odd in what was stored, one sentence each.
[[nodiscard]] std::vector<std::string> warnings_of(const PublishJob& job);

/// Gives the result as an object.
[[nodiscard]] nlohmann::ordered_json publish_object(const PublishJob& job, unsigned ttl_seconds);

/// Gives it as text, `indent` -1 for one line; without its line end.
[[nodiscard]] std::string publish_json(const PublishJob& job, unsigned ttl_seconds, int indent);

/// Gives the result as a part of a zone file: the steps as comments, then the records that are due. Those
/// that wait for other steps are comments too.
[[nodiscard]] std::string publish_zone(const PublishJob& job, unsigned ttl_seconds);

/// Gives the commands of nsupdate for the records that are due, `send` with them, behind the steps as
/// comments; no command where none is due.
[[nodiscard]] std::string publish_nsupdate(const PublishJob& job, unsigned ttl_seconds);

}  // namespace mta_sts::cli
