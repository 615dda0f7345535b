#pragma once

#include <string_view>

#include "check/facts.hpp"

namespace mta_sts::check {

/// Gives what came of a connection, for people: "connection refused".
[[nodiscard]] std::string_view words_of(Reach reach);

}  // namespace mta_sts::check
