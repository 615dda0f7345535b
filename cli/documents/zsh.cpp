#include <algorithm>

#include "cli/documents/completed_value.hpp"
#include "cli/documents/completion.hpp"

namespace mta_sts::cli {
namespace {

std::string quoted(const std::string& text) {
  return "'" + mark(text, "'", "'\\'") + "'";
}

/// The last part of what _arguments is told of a value.
std::string action_of(const OptionText& option) {
  switch (offer_of(option)) {
    case Offer::words:
      return "(" + join_words(option.choices) + ")";
    case Offer::files:
      return "_files";
    case Offer::folders:
      return "_files -/";
    case Offer::nothing:
      break;
  }
  return " ";
}

std::string value_of(const OptionText& option) {
  return ":" + mark(option.value, ":\\", "\\") + ":" + action_of(option);
}

std::string function_of(const CommandText& command) {
  std::string name = "_" + command.name;
  std::ranges::replace(name, ' ', '_');
  std::ranges::replace(name, '-', '_');
  return name;
}

std::string specifications(const CommandText& command) {
  std::string lines;
  for (const OptionText& option : command.options) {
    for (const std::string& name : names_of(option)) {
      const std::string rest =
          "[" + mark(option.help, "[]\\", "\\") + "]" + (option.value.empty() ? "" : value_of(option));
      lines += " \\\n    " + quoted((option.is_repeatable ? "*" : "") + name + rest);
    }
  }
  for (std::size_t i = 0; i < command.arguments.size(); ++i) {
    const OptionText& argument = command.arguments[i];
    lines +=
        " \\\n    " + quoted((argument.is_repeatable ? "*" : std::to_string(i + 1)) + value_of(argument));
  }
  return lines;
}

std::string function(const CommandText& command) {
  if (command.subcommands.empty()) {
    return function_of(command) + "() {\n  _arguments -s" + specifications(command) + "\n}\n\n";
  }
  std::string names;
  std::string branches;
  for (const CommandText& below : command.subcommands) {
    names += "    " + quoted(last_word(below) + ":" + mark(below.description, ":\\", "\\")) + "\n";
    branches += "        " + last_word(below) + ") " + function_of(below) + " ;;\n";
  }
  return function_of(command) +
         "() {\n  local context state state_descr line\n  typeset -A opt_args\n  local -a subcommands=(\n" +
         names + "  )\n  _arguments -C" + specifications(command) +
         " \\\n    '1:subcommand:->subcommand' '*::argument:->argument'\n  case $state in\n"
         "    subcommand) _describe subcommand subcommands ;;\n    argument)\n      case $line[1] in\n" +
         branches + "      esac\n      ;;\n  esac\n}\n\n";
}

}  // namespace

std::string render_zsh_completion(const CommandText& program) {
  std::string script = std::string("#compdef mta-sts\n") + made_note + "\n";
  for (const CommandText* command : all_of(program)) {
    script += function(*command);
  }
  return script + function_of(program) + " \"$@\"\n";
}

}  // namespace mta_sts::cli
