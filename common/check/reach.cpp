#include "check/reach.hpp"

#include "base/enum_names.hpp"

namespace mta_sts::check {

std::string_view words_of(Reach reach) {
  using enum Reach;
  static constexpr auto words = enum_names<Reach>({
      {connected, "connected"},
      {refused, "connection refused"},
      {timeout, "no answer in time"},
      {unreachable, "no route"},
      {forbidden_address, "a private address, not contacted"},
      {port_blocked, "the port is blocked from here"},
      {not_tried, "not tried"},
  });
  return words[reach];
}

}  // namespace mta_sts::check
