#pragma once

#include <string>

#include "cli/command_text.hpp"

namespace mta_sts::cli {

/// Give the completion of the program's words for a shell: subcommands, options, and values that are one of
/// few, or that are files or folders by their kind.
std::string render_bash_completion(const CommandText& program);
std::string render_zsh_completion(const CommandText& program);
std::string render_fish_completion(const CommandText& program);

}  // namespace mta_sts::cli
