#pragma once

#include <string>
#include <vector>

#include "cli/publish/publish_job.hpp"

namespace mta_sts::cli {

/// Notes in the store's history what is still served of old policies, as by a cache in front: the copies of
/// it that senders hold count from now. And of a test that is not
/// announced yet, that it begins later. Only domains that the store has, or had that policy of, are noted.
/// Where the store cannot be written, the jobs know it for this call and have a warning. True: something was
/// written.
[[nodiscard]] bool keep_old_sightings(const std::string& store_path, std::vector<PublishJob>& jobs);

}  // namespace mta_sts::cli
