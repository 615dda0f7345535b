#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "check/checks.hpp"

namespace mta_sts::check {

/// What is to be said of an area as a whole: the worst that was found; else not_testable where that holds for
/// more of its checks than were ok; where none was ok, not_applicable, or skipped because of another.
enum class AreaState : std::uint8_t { error, warning, not_testable, note, ok, not_applicable, skipped };

/// Gives "ok", "not testable" and so on, the words of the findings.
[[nodiscard]] std::string_view to_string(AreaState state);

struct AreaStatus {
  std::string_view name;  ///< "mail hosts"
  AreaState state = AreaState::ok;
};

/// Gives the name of the area that a check belongs to, by the check's number; "" for C69, which is about this
/// machine.
[[nodiscard]] std::string_view area_of(int number);

/// Gives every area in the order of the way that a sender goes.
[[nodiscard]] std::vector<AreaStatus> judge_areas(const std::vector<Judgement>& judgements);

}  // namespace mta_sts::check
