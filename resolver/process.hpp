#pragma once

#include <expected>
#include <functional>

#include "base/fault.hpp"
#include "options.hpp"

namespace mta_sts::resolver {

/// Reads the command line and the configuration file again, for SIGHUP. Error: its detail names file and
/// line.
using ReadOptions = std::function<std::expected<ResolverOptions, Fault>()>;

/// How a run of the resolver ended.
enum class RunResult { stopped, cannot_start };

/// Runs the resolver in the foreground until SIGTERM or SIGINT. Log lines go to standard error. SIGHUP reads
/// the options again: the log level, the limits on clients and the CA file change at once, what else has
/// changed is named and waits for a restart. cannot_start: the log has the word and the fix.
[[nodiscard]] RunResult run_resolver(const ResolverOptions& options, const ReadOptions& read_again);

}  // namespace mta_sts::resolver
