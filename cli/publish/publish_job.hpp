#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/policy/words.hpp"
#include "cli/publish/publish_request.hpp"
#include "steps/plan.hpp"
#include "store/record.hpp"

namespace mta_sts::cli {

/// What the store had for a domain when it was looked at.
struct SeenRecord {
  store::RecordKind kind = store::RecordKind::policy;
  std::string target;  ///< the profile or domain that it names; empty with a policy
  std::chrono::sys_seconds since;
};

/// One domain from its request to its plan. Where `fault` is set nothing was done for it, and nothing that
/// comes later counts.
struct PublishJob {
  PublishRequest request;
  std::optional<PublishFault> fault{};
  std::optional<SeenRecord> record{};
  std::string other_body{};            ///< of the profile or domain that is asked for; empty: there is none
  std::vector<std::string> aliases{};  ///< which have the domain's policy too; where words change it
  steps::Situation situation{};
  std::optional<MadePolicy> policy{};     ///< to be stored
  std::vector<MadePolicy> seen_before{};  ///< policies that were served by others: to be put into the history
  bool is_as_seen = false;                ///< change what was looked at and nothing that came meanwhile
  bool is_removal_due = false;
  bool is_changed = false;
  steps::Plan plan{};
};

}  // namespace mta_sts::cli
