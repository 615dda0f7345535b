#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sender/decide/verdict_service.hpp"

namespace mta_sts::resolver {

/// The answers to `explain` and `cache …`: one JSON object on one line each. Times are UTC seconds since
/// 1970.

[[nodiscard]] std::string explanation_json(const sender::Explanation& explanation);

/// `{"entries": […], "next": DOMAIN}`; `next`, where there is more, goes behind the next `cache list`.
[[nodiscard]] std::string cache_list_json(const std::vector<sender::CacheLine>& lines, bool more);

[[nodiscard]] std::string stats_json(const std::vector<sender::Counter>& counters);

[[nodiscard]] std::string purged_json(std::size_t count);

/// `{"error": WORD, "detail": SENTENCE}`.
[[nodiscard]] std::string error_json(std::string_view word, std::string_view detail);

}  // namespace mta_sts::resolver
