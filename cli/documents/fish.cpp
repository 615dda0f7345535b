#include "cli/documents/completed_value.hpp"
#include "cli/documents/completion.hpp"

namespace mta_sts::cli {
namespace {

std::string quoted(const std::string& text) {
  return "'" + mark(text, "'\\", "\\") + "'";
}

/// What `complete` is told of a value.
std::string value_of(const OptionText& option) {
  switch (offer_of(option)) {
    case Offer::words:
      return " -x -a " + quoted(join_words(option.choices));
    case Offer::files:
      return " -r -F";
    case Offer::folders:
      return " -x -a '(__fish_complete_directories)'";
    case Offer::nothing:
      break;
  }
  return " -x";
}

std::string lines_of(const CommandText& command) {
  const std::string at = "complete -c mta-sts -n " + quoted("__mta_sts_at " + command.name);
  std::string lines;
  for (const CommandText& below : command.subcommands) {
    lines += at + " -a " + last_word(below) + " -d " + quoted(below.description) + "\n";
  }
  for (const OptionText& argument : command.arguments) {
    if (offer_of(argument) == Offer::files) {
      lines += at + " -F\n";
    } else if (offer_of(argument) == Offer::words) {
      lines += at + " -a " + quoted(join_words(argument.choices)) + "\n";
    }
  }
  for (const OptionText& option : command.options) {
    lines += at + (option.short_name.empty() ? "" : " -s " + option.short_name.substr(1)) + " -l " +
             option.name.substr(2) + (option.value.empty() ? "" : value_of(option)) + " -d " +
             quoted(option.help) + "\n";
  }
  return lines;
}

}  // namespace

std::string render_fish_completion(const CommandText& program) {
  std::vector<std::string> names;
  std::string lines;
  for (const CommandText* command : all_of(program)) {
    if (command != &program) {
      names.push_back(quoted(command->name));
    }
    lines += lines_of(*command);
  }
  return std::string(made_note) +
         "\nfunction __mta_sts_at --description 'Is the command line at this subcommand?'\n"
         "    set -l command mta-sts\n    for word in (commandline -opc)\n        switch \"$command $word\"\n"
         "            case " +
         join_words(names, " \\\n                ") +
         "\n                set command \"$command $word\"\n        end\n    end\n"
         "    test \"$command\" = \"$argv\"\nend\n\ncomplete -c mta-sts -f\n" +
         lines;
}

}  // namespace mta_sts::cli
