#include "cli/documents/completed_value.hpp"
#include "cli/documents/completion.hpp"

namespace mta_sts::cli {
namespace {

constexpr const char* begin = R"(_mta_sts() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command=mta-sts options= files= folders= words= i
  # --option=value is three words here.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
      )";

constexpr const char* middle = R"() command+=" ${COMP_WORDS[i]}" ;;
    esac
  done
  case $command in
)";

constexpr const char* end = R"(  esac
  if [[ $current == -* ]]; then
    words=$options files= folders=
  fi
  local IFS=$'\n'
  COMPREPLY=($(compgen -W "${words// /$IFS}" -- "$current"))
  if [[ $files$folders ]]; then
    COMPREPLY+=($([[ ! $files ]] || compgen -f -- "$current"; [[ ! $folders ]] || compgen -d -- "$current"))
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _mta_sts mta-sts
)";

std::string assignment(const OptionText& option) {
  switch (offer_of(option)) {
    case Offer::words:
      return "words='" + join_words(option.choices) + "'";
    case Offer::files:
      return "files=yes";
    case Offer::folders:
      return "folders=yes";
    case Offer::nothing:
      break;
  }
  return "";
}

/// What is offered where no option awaits its value.
std::string otherwise(const CommandText& command) {
  std::vector<std::string> words;
  for (const CommandText& below : command.subcommands) {
    words.push_back(last_word(below));
  }
  std::string assignments = words.empty() ? "" : "words='" + join_words(words) + "'";
  for (const OptionText& argument : command.arguments) {
    const std::string more = assignment(argument);
    assignments += (assignments.empty() || more.empty() ? "" : " ") + more;
  }
  return assignments.empty() ? ":" : assignments;
}

std::string branch(const CommandText& command) {
  std::vector<std::string> names;
  std::string values;
  for (const OptionText& option : command.options) {
    const std::vector<std::string> own = names_of(option);
    names.insert(names.end(), own.begin(), own.end());
    if (!option.value.empty()) {
      const std::string what = assignment(option);
      values +=
          "        " + join_words(own, " | ") + ") options= " + what + (what.empty() ? "" : " ") + ";;\n";
    }
  }
  return "    '" + command.name + "')\n      options='" + join_words(names) + "'\n      case $previous in\n" +
         values + "        *) " + otherwise(command) + " ;;\n      esac\n      ;;\n";
}

}  // namespace

std::string render_bash_completion(const CommandText& program) {
  std::vector<std::string> names;
  std::string branches;
  for (const CommandText* command : all_of(program)) {
    if (command != &program) {
      names.push_back("'" + command->name + "'");
    }
    branches += branch(*command);
  }
  return made_note + std::string(begin) + join_words(names, " | \\\n        ") + middle + branches + end;
}

}  // namespace mta_sts::cli
