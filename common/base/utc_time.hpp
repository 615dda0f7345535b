#pragma once

#include <chrono>
#include <string>

namespace mta_sts {

/// Gives a time for people: `2026-12-08 12:00:00 UTC`; of a time before 1970 or after 9999 the Unix seconds.
[[nodiscard]] std::string utc_text(std::chrono::sys_seconds time);

/// Gives a time for programs: `2026-12-08T12:00:00Z` (RFC 3339); the same Unix seconds where utc_text does.
[[nodiscard]] std::string iso_text(std::chrono::sys_seconds time);

}  // namespace mta_sts
