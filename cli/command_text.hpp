#pragma once

#include <string>
#include <vector>

namespace mta_sts::cli {

/// What is declared of an option or an argument: the one source of its help, manual page and completion.
struct OptionText {
  std::string short_name;  ///< such as -o; empty for most
  std::string name;        ///< such as --output; the argument's own name in capitals, such as DOMAIN
  std::string value;       ///< what its value is, such as FILE or ADDRESS[:PORT]; empty for a flag
  std::vector<std::string> choices;  ///< the values that there are, if they are few
  std::string range;                 ///< such as "1 to 600"
  std::string without;               ///< the default value, or in words what happens without the option
  std::string help;                  ///< begins with a capital letter, has no full stop
  std::vector<std::string> needs;    ///< names of options without which it is wrong use
  std::vector<std::string> excludes;
  bool is_required = false;
  bool is_repeatable = false;
  bool is_key = false;  ///< may stand in the configuration file
};

/// What is declared of the program or a subcommand.
struct CommandText {
  std::string name;  ///< with those above it, such as "mta-sts tlsrpt show"
  std::string description;
  std::string footer;
  std::vector<OptionText> arguments;
  std::vector<OptionText> options;
  std::vector<CommandText> subcommands;
};

}  // namespace mta_sts::cli
