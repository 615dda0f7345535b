#pragma once

#include <string>
#include <vector>

#include "cli/command_text.hpp"

namespace mta_sts::cli {

/// Gives what --help prints.
std::string render_help(const CommandText& command);

/// Gives what follows the name of a command in its synopsis, such as "[OPTIONS] FILE...".
std::string render_usage(const CommandText& command);

/// Gives the help of an option with what is allowed and what holds without it in parentheses.
std::string render_option_help(const OptionText& option);

/// Gives "one, two or three".
std::string join_choices(const std::vector<std::string>& words);

}  // namespace mta_sts::cli
