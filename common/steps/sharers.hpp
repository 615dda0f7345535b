#pragma once

#include <string>
#include <vector>

#include "steps/rollout.hpp"

namespace mta_sts::steps {

/// Another domain that has the policy, as an alias or through the profile.
struct Sharer {
  std::string domain;
  Live live;
  NetworkAnswer reports;  ///< whether its reports meet the target
};

/// Tells whether a stage may refuse mail of the others too: it brings a policy to enforce, or one that names
/// fewer hosts. One that goes back, or names more, never waits for them.
[[nodiscard]] bool concerns_sharers(const Stage& stage);

/// Adds to such a stage what stands against it at the others: a mail host that its policy does not name, one
/// whose TLS senders refuse, reports that miss the target; and what is not known of these, TLS only where
/// `asks_tls`. RFC 8461 sections 4.1 and 5.
void judge_sharers(Stage& stage, const std::vector<Sharer>& sharers, bool asks_tls);

}  // namespace mta_sts::steps
