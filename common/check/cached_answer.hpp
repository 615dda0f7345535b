#pragma once

#include <optional>

#include "check/case.hpp"

namespace mta_sts::check {

/// Judges whether a cache stands between the policy host and senders, for C30. A warning where it serves the
/// old policy under the new id: the answer comes from a cache, and its ETag is the id of another policy, or
/// its policy stood under another id before. A note where a cache says how old its copy is; nothing else. RFC
/// 8461 section 8.2, RFC 9111 section 5.1, RFC 9211.
[[nodiscard]] std::optional<CheckFinding> judge_cached_answer(const Case& c, const HttpsFact& fact);

/// Tells whether the answer of any address is such an old policy: what C30 warns of.
[[nodiscard]] bool is_old_copy_served(const Case& c);

}  // namespace mta_sts::check
