#include "exim_facts.hpp"

#include <algorithm>

namespace mta_sts::cli {
namespace {

template <typename Take>
void each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// What stands in `line` behind `prefix`, up to the next blank where `is_word`.
std::optional<std::string> behind(std::string_view line, std::string_view prefix, bool is_word) {
  if (!line.starts_with(prefix)) {
    return std::nullopt;
  }
  line.remove_prefix(prefix.size());
  return std::string(line.substr(0, is_word ? line.find(' ') : line.npos));
}

// "name = value", or a switch: "name" and "no_name".
void take_option(EximDriver& driver, std::string_view line) {
  const std::size_t end = line.find(" =");
  if (end != line.npos) {
    std::string_view value = line.substr(end + 2);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    driver.options.emplace(line.substr(0, end), value);
  } else if (line.starts_with("no_")) {
    driver.options.emplace(line.substr(3), "no");
  } else if (!line.empty()) {
    driver.options.emplace(line, "yes");
  }
}

}  // namespace

std::string_view EximDriver::option(std::string_view option_name) const {
  const auto found = options.find(option_name);
  return found == options.end() ? std::string_view() : found->second;
}

void read_version(EximFacts& facts, std::string_view output) {
  each_line(output, [&](std::string_view line) {
    if (const auto version = behind(line, "Exim version ", true)) {
      facts.version = *version;
    } else if (const auto file = behind(line, "Configuration file is ", false)) {
      facts.configuration = *file;
    } else if (const auto support = behind(line, "Support for:", false)) {
      facts.has_dlfunc = (*support + ' ').find(" Expand_dlfunc ") != std::string::npos;
    }
  });
}

std::vector<EximDriver> read_drivers(std::string_view output, std::string_view kind) {
  const std::string head_end = " " + std::string(kind) + ":";
  std::vector<EximDriver> drivers;
  each_line(output, [&](std::string_view line) {
    const bool is_head = line.ends_with(head_end) && line.find(' ') == line.size() - head_end.size();
    if (is_head) {
      drivers.push_back({.name = std::string(line.substr(0, line.size() - head_end.size())), .options = {}});
    } else if (!drivers.empty()) {
      take_option(drivers.back(), line);
    }
  });
  return drivers;
}

std::string read_macro(std::string_view output, std::string_view name) {
  std::string value;
  each_line(output, [&](std::string_view line) {
    value = behind(line, std::string(name) + "=", false).value_or(value);
  });
  return value;
}

}  // namespace mta_sts::cli
