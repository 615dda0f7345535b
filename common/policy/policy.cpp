#include "policy/policy.hpp"

#include <algorithm>

#include "base/enum_names.hpp"

namespace mta_sts {
namespace {

constexpr auto mode_names = enum_names<Mode>({
    {Mode::enforce, "enforce"},
    {Mode::testing, "testing"},
    {Mode::none, "none"},
});

}  // namespace

std::string_view to_string(Mode mode) {
  return mode_names[mode];
}

std::optional<Mode> parse_mode(std::string_view word) {
  return mode_names.parse(word);
}

bool is_max_age_short(Mode mode, std::uint64_t max_age_seconds) {
  return mode == Mode::enforce && max_age_seconds < week_seconds;
}

bool is_max_age_long(Mode mode, std::uint64_t max_age_seconds) {
  return mode == Mode::testing && max_age_seconds > week_seconds;
}

std::chrono::seconds Policy::max_age_used() const {
  return std::chrono::seconds(std::min(max_age_seconds, max_age_limit_seconds));
}

}  // namespace mta_sts
