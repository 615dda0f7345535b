#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "tlsrpt/model/authentication.hpp"

namespace mta_sts::tlsrpt {

/// The day of a report without a usable start.
inline constexpr std::int64_t undated = -1;

/// No day is after it: 9999-12-31, the last that a report can name.
inline constexpr std::int64_t latest = 2'932'896;

/// How days, times and words are kept in the history's columns.
[[nodiscard]] inline std::int64_t number_of(const std::optional<std::chrono::sys_days>& day) {
  return day ? day->time_since_epoch().count() : undated;
}

[[nodiscard]] inline std::int64_t number_of(Authentication authentication) {
  return static_cast<std::int64_t>(authentication);
}

[[nodiscard]] inline std::optional<std::chrono::sys_days> day_from(std::int64_t number) {
  return number < 0 || number > latest ? std::nullopt
                                       : std::optional(std::chrono::sys_days(std::chrono::days(number)));
}

[[nodiscard]] inline std::chrono::sys_seconds second_from(std::int64_t number) {
  return std::chrono::sys_seconds(std::chrono::seconds(number));
}

/// A database may hold any number.
[[nodiscard]] inline Authentication authentication_from(std::int64_t number) {
  return number >= 0 && number < static_cast<std::int64_t>(authentication_count)
             ? static_cast<Authentication>(number)
             : Authentication::not_checked;
}

}  // namespace mta_sts::tlsrpt
