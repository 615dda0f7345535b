#include "policy/policy.hpp"

#include <algorithm>

namespace mta_sts {

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::enforce:
      return "enforce";
    case Mode::testing:
      return "testing";
    case Mode::none:
      return "none";
  }
  return "none";
}

std::optional<Mode> parse_mode(std::string_view word) {
  for (const Mode mode : {Mode::enforce, Mode::testing, Mode::none}) {
    if (to_string(mode) == word) {
      return mode;
    }
  }
  return std::nullopt;
}

std::chrono::seconds Policy::max_age_used() const {
  return std::chrono::seconds(std::min(max_age_seconds, max_age_limit_seconds));
}

}  // namespace mta_sts
