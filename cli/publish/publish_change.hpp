#pragma once

#include "cli/publish/publish_job.hpp"
#include "store/writer.hpp"

namespace mta_sts::cli {

/// Decides what the store is to have for a domain, from its request, its periods and what was seen live. Sets
/// the job's policy and removal, or its fault: words that make no policy, mx-not-known, mx-not-covered, or
/// store's no_domain.
void decide_change(PublishJob& job);

/// Tells whether it asks the store for a change.
[[nodiscard]] bool has_change(const PublishJob& job);

/// Puts it into a change of the store. Sets the job's fault where the store refuses what was asked for this
/// domain. Error: the store itself failed; drop the change.
[[nodiscard]] std::expected<void, store::StoreError> apply_change(PublishJob& job, store::StoreWriter& writer,
                                                                  std::chrono::sys_seconds now);

}  // namespace mta_sts::cli
