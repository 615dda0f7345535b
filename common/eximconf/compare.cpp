#include "eximconf/compare.hpp"

#include <algorithm>

namespace mta_sts::eximconf {
namespace {

using Kind = Difference::Kind;

// Several lines of one option ("condition", "set", "headers_add") are compared as one value.
std::string value_of(const Instance& instance, std::string_view name) {
  std::string value;
  for (const EximOption& option : instance.options) {
    if (option.name == name) {
      value += (value.empty() ? "" : " / ") + (option.value ? option.unquoted() : std::string("true"));
    }
  }
  return value;
}

std::vector<std::string> names_of(const Instance& instance) {
  std::vector<std::string> names;
  for (const EximOption& option : instance.options) {
    if (std::ranges::find(names, option.name) == names.end()) {
      names.push_back(option.name);
    }
  }
  return names;
}

void compare_options(const Instance& expected, const Instance& there, std::vector<Difference>& differences) {
  for (const std::string& name : names_of(expected)) {
    const std::string wanted = value_of(expected, name);
    if (there.find(name) == nullptr) {
      differences.push_back({Kind::option_missing, expected.name, name, wanted, {}});
    } else if (const std::string found = value_of(there, name); found != wanted) {
      differences.push_back({Kind::option_differs, expected.name, name, wanted, found});
    }
  }
  for (const std::string& name : names_of(there)) {
    if (expected.find(name) == nullptr) {
      differences.push_back({Kind::option_unknown, expected.name, name, {}, value_of(there, name)});
    }
  }
}

}  // namespace

std::vector<Difference> compare(const std::vector<Instance>& expected, const std::vector<Instance>& there) {
  std::vector<Difference> differences;
  auto last = there.begin();
  std::string last_name;
  for (const Instance& wanted : expected) {
    const auto found = std::ranges::find(there, wanted.name, &Instance::name);
    if (found == there.end()) {
      differences.push_back({Kind::missing, wanted.name, {}, {}, {}});
      continue;
    }
    if (found < last) {
      differences.push_back({Kind::order, wanted.name, last_name, {}, {}});
    } else {
      last = found;
      last_name = wanted.name;
    }
    compare_options(wanted, *found, differences);
  }
  for (const Instance& found : there) {
    if (found.is_own() && std::ranges::find(expected, found.name, &Instance::name) == expected.end()) {
      differences.push_back({Kind::unknown, found.name, {}, {}, {}});
    }
  }
  return differences;
}

}  // namespace mta_sts::eximconf
