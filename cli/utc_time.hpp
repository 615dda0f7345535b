#pragma once

#include <chrono>
#include <string>

namespace mta_sts::cli {

/// Gives a time for people: `2026-12-08 12:00:00 UTC`.
[[nodiscard]] std::string utc_text(std::chrono::sys_seconds time);

}  // namespace mta_sts::cli
