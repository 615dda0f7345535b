#include "eximcheck/wording.hpp"

#include "base/utf8.hpp"

namespace mta_sts::eximcheck {
namespace {

constexpr std::size_t shown_limit_bytes = 160;

}  // namespace

std::string describe(const eximconf::Difference& difference) {
  using Kind = eximconf::Difference::Kind;
  const auto shown = [](const std::string& text) {
    return text::escape_for_display(text, shown_limit_bytes);
  };
  switch (difference.kind) {
    case Kind::missing:
      return difference.name + " is missing";
    case Kind::unknown:
      return difference.name + " should not be there";
    case Kind::order:
      return difference.name + " should stand behind " + difference.option;
    case Kind::option_missing:
      return difference.name + " lacks " + difference.option + " = " + shown(difference.expected);
    case Kind::option_unknown:
      return difference.name + " should not have " + difference.option + " = " + shown(difference.found);
    case Kind::option_differs:
      return difference.name + " has " + difference.option + " = " + shown(difference.found) +
             " and should have " + shown(difference.expected);
  }
  return {};
}

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) {
    all += (all.empty() ? "" : ", ") + name;
  }
  return all;
}

}  // namespace mta_sts::eximcheck
