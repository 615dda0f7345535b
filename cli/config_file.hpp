#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.hpp"
#include "cli/command_line.hpp"

namespace mta_sts::cli {

inline constexpr std::string_view default_config_file = "/etc/mta-sts/mta-sts.conf";

/// One `key = value` of a configuration file.
struct ConfigSetting {
  std::string key;
  std::string value;
  std::size_t line = 0;
};

/// Reads the text of a configuration file: `key = value` lines, the value in double quotes or not, `#` begins
/// a comment line. Error: its detail begins with `name` and line.
[[nodiscard]] std::expected<std::vector<ConfigSetting>, Fault> parse_config(std::string_view text,
                                                                            const std::string& name);

/// Adds `--config FILE` to a subcommand.
void add_config_option(Command command, std::string& path,
                       std::string_view default_file = default_config_file);

/// Gives the options of `command` that the command line left open their value from the file. The keys are the
/// long options of `reference` (the subcommand that knows all of them); those that `command` does not have
/// are passed over. Without `path` `default_file` is read if it is there. Error: its detail
/// begins with file and line.
[[nodiscard]] std::expected<void, Fault> apply_config_file(
    Command command, const Command& reference, const std::string& path,
    std::string_view default_file = default_config_file);

}  // namespace mta_sts::cli
