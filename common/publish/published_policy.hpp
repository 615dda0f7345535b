#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "policy/parse_policy.hpp"
#include "policy/policy.hpp"

namespace mta_sts::publish {

/// A policy as a web server holds it: made once at configuration, read-only afterwards.
struct PublishedPolicy {
  std::string body;  ///< the bytes to send
  std::string id;    ///< for the TXT record
  std::string
      etag;  ///< strong, in double quotes: the id, or the hash of a body that is not the only one of it
  Mode mode = Mode::none;
  std::uint64_t max_age_seconds = 0;
  std::vector<std::string> warnings;  ///< what is unwise in it, for the host's log: policy_warnings
  std::vector<std::string> notices;   ///< what was left out of its file, for the host's log
};

/// Renders what a policy's id stands for (canonical_policy), and gives it its id. The policy must fit
/// policy_limit_bytes (parse_directive sees to it).
[[nodiscard]] PublishedPolicy publish_policy(const Policy& policy, std::uint32_t serial = 0);

/// Reads the bytes of a policy file under the strict reading and publishes what they mean, rendered anew.
/// Empty lines at the end, which are not served, are passed over with a notice (P10).
/// Errors: those of parse_policy; the host refuses its configuration.
[[nodiscard]] std::expected<PublishedPolicy, PolicyError> publish_policy_file(std::string_view bytes,
                                                                              std::uint32_t serial = 0);

/// Gives one line for a host's log about the policy file at `path`: the kebab-case word, the place in the
/// file, the fix, and the command that tells all.
[[nodiscard]] std::string to_message(const PolicyError& error, std::string_view path);

}  // namespace mta_sts::publish
