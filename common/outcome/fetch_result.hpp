#pragma once

#include <optional>
#include <string_view>

#include "outcome/session_outcome.hpp"

namespace mta_sts::outcome {

/// Gives the result type of a failed fetch of a policy, by the word that a verdict has for it; nothing for a
/// word of another kind. RFC 8460 section 4.3, position P22.
[[nodiscard]] std::optional<ResultType> fetch_result_type(std::string_view reason);

}  // namespace mta_sts::outcome
