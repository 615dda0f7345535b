#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "check/case.hpp"
#include "check/details.hpp"
#include "check/forecast.hpp"

namespace mta_sts::check {

/// One thing to do next, that follows from the facts.
struct Step {
  std::string text;  ///< foreign text may be in it
  std::optional<std::chrono::sys_seconds> when{};
  std::int64_t days_left = 0;  ///< with `when`: whole days until then, rounded down
  bool is_deadline = true;     ///< with `when`: to be done by then, else from then on
};

/// Gives what is to be done, first what can be done at once, then what has a date, by that.
[[nodiscard]] std::vector<Step> next_steps(const Case& c, const Forecast& forecast,
                                           const std::vector<Judgement>& judgements,
                                           const std::vector<AddressDetails>& addresses);

}  // namespace mta_sts::check
