#include "cli/config_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/utf8.hpp"
#include "cli/input.hpp"

namespace mta_sts::cli {
namespace {

using Failure = std::unexpected<Fault>;

constexpr std::size_t config_limit_bytes = 65536;

std::string place(const std::string& name, std::size_t line) {
  return text::escape_for_display(name) + ":" + std::to_string(line) + ": ";
}

/// Says where in the file a fault is.
Fault at(const std::string& name, std::size_t line, Fault fault) {
  fault.detail = place(name, line) + fault.detail;
  return fault;
}

std::string shown(std::string_view word) {
  return "\"" + text::escape_for_display(word, 80) + "\"";
}

bool is_key(char c) {
  return ascii::is_lower(c) || ascii::is_digit(c) || c == '-';
}

std::expected<ConfigSetting, Fault> parse_setting(std::string_view line) {
  text::Cursor cursor(line);
  ConfigSetting setting;
  setting.key = cursor.take_while(is_key);
  static_cast<void>(cursor.take_while(ascii::is_blank));
  if (setting.key.empty() || !cursor.take('=')) {
    return Failure(Fault{"config-syntax", shown(line) + ": write key = value, or # before a comment"});
  }
  std::string_view value = ascii::trim_blanks(cursor.rest());
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  if (value.empty() || std::ranges::any_of(value, ascii::is_control) ||
      value.find('"') != std::string_view::npos) {
    return Failure(Fault{"config-syntax", shown(line) + ": give " + setting.key +
                                              " a value, without control characters or inner quotes"});
  }
  setting.value = value;
  return setting;
}

/// A flag of the command line is switched by a word in the file.
std::expected<std::string, Fault> flag_value(const ConfigSetting& setting) {
  const std::string word = ascii::to_lower(setting.value);
  if (word == "true" || word == "yes" || word == "on") {
    return "true";
  }
  if (word == "false" || word == "no" || word == "off") {
    return "false";
  }
  return Failure(Fault{"config-bad-value", setting.key + " = " + shown(setting.value) + ": write yes or no"});
}

std::expected<void, Fault> apply(Option option, const std::vector<ConfigSetting>& settings,
                                 const std::string& name) {
  std::vector<std::string> values;
  for (const ConfigSetting& setting : settings) {
    if (!option.is_flag()) {
      values.push_back(setting.value);
    } else if (const auto value = flag_value(setting); value) {
      values.push_back(*value);
    } else {
      return Failure(at(name, setting.line, value.error()));
    }
  }
  if (const auto given = option.assign(values); !given) {
    return Failure(at(name, settings.back().line, given.error()));
  }
  return {};
}

}  // namespace

std::expected<std::vector<ConfigSetting>, Fault> parse_config(std::string_view text,
                                                              const std::string& name) {
  std::vector<ConfigSetting> settings;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    line = ascii::trim_blanks(line);
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    auto setting = parse_setting(line);
    if (!setting) {
      return Failure(at(name, number, setting.error()));
    }
    setting->line = number;
    settings.push_back(std::move(*setting));
  }
  return settings;
}

void add_config_option(Command command, std::string& path, std::string_view default_file) {
  command
      .option("--config FILE", path,
              "File with the long options as \"key = value\" lines; the command line takes precedence")
      .by_default(std::string(default_file) + ", if it exists")
      .not_in_file();
}

std::expected<void, Fault> apply_config_file(Command command, const Command& reference,
                                             const std::string& path, std::string_view default_file) {
  const std::string name = path.empty() ? std::string(default_file) : path;
  if (path.empty() && ::access(name.c_str(), F_OK) != 0) {
    return {};
  }
  const auto text = read_input(name, config_limit_bytes);
  if (!text) {
    return Failure(text.error());
  }
  if (text->size() > config_limit_bytes) {
    return Failure(at(name, 1, {"config-syntax", "the file is larger than 64 KiB; shorten it"}));
  }
  const auto settings = parse_config(*text, name);
  if (!settings) {
    return Failure(settings.error());
  }
  std::map<Option, std::vector<ConfigSetting>> wanted;
  for (const ConfigSetting& setting : *settings) {
    if (!reference.find_option(setting.key)) {
      return Failure(
          at(name, setting.line,
             {"config-unknown-key", shown(setting.key) + ": the keys are the long options of 'mta-sts " +
                                        reference.name() + " --help', without the hyphens before them"}));
    }
    if (const auto option = command.find_option(setting.key); option && !option->is_given()) {
      wanted[*option].push_back(setting);
    }
  }
  for (const auto& [option, values] : wanted) {
    if (auto applied = apply(option, values, name); !applied) {
      return applied;
    }
  }
  return {};
}

}  // namespace mta_sts::cli
