#include "cli/help.hpp"

#include <string_view>

namespace mta_sts::cli {
namespace {

constexpr std::size_t column = 30;  // where the texts begin
constexpr std::size_t width = 100;

/// Adds `text` in lines that begin at the column; the first goes on where `lines` ends.
void add_wrapped(std::string& lines, std::string_view text, std::size_t used) {
  std::size_t at = used;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    if (at > column && at + 1 + word.size() > width) {
      lines += "\n" + std::string(column, ' ');
      at = column;
    } else if (at > column) {
      lines += " ";
      ++at;
    }
    lines += word;
    at += word.size();
    begin = end + 1;
  }
  lines += "\n";
}

void add_entry(std::string& lines, const std::string& left, const std::string& text) {
  lines += "  " + left;
  const std::size_t used = left.size() + 2;
  lines += used + 1 < column ? std::string(column - used, ' ') : "\n" + std::string(column, ' ');
  add_wrapped(lines, text, column);
}

void add_options(std::string& lines, const char* heading, const std::vector<OptionText>& options) {
  if (options.empty()) {
    return;
  }
  lines += std::string("\n") + heading + ":\n";
  for (const OptionText& option : options) {
    const bool is_argument = !option.name.starts_with('-');
    add_entry(lines,
              (option.short_name.empty() ? "" : option.short_name + ", ") + option.name +
                  (is_argument || option.value.empty() ? "" : " " + option.value) +
                  (is_argument && option.is_repeatable ? "..." : ""),
              render_option_help(option));
  }
}

std::string join(const std::vector<std::string>& words, const std::string& last) {
  std::string joined;
  for (std::size_t i = 0; i < words.size(); ++i) {
    joined += i == 0 ? "" : i + 1 == words.size() ? " " + last + " " : ", ";
    joined += words[i];
  }
  return joined;
}

}  // namespace

std::string join_choices(const std::vector<std::string>& words) {
  return join(words, "or");
}

std::string render_option_help(const OptionText& option) {
  const bool is_option = option.name.starts_with('-');
  std::string more;
  const auto add = [&more](const std::string& words) {
    if (!words.empty()) {
      more += (more.empty() ? "" : "; ") + words;
    }
  };
  add(join_choices(option.choices));
  add(option.range);
  add(option.without.empty() ? "" : "default: " + option.without);
  add(is_option && option.is_repeatable ? "repeatable" : "");
  add(is_option && option.is_required ? "required" : "");
  add(option.needs.empty() ? "" : "only with " + join(option.needs, "and"));
  add(option.excludes.empty() ? "" : "not with " + join_choices(option.excludes));
  return option.help + (more.empty() ? "" : " (" + more + ")");
}

std::string render_usage(const CommandText& command) {
  std::string usage = "[OPTIONS]";
  for (const OptionText& argument : command.arguments) {
    const std::string word = argument.name + (argument.is_repeatable ? "..." : "");
    usage += argument.is_required ? " " + word : " [" + word + "]";
  }
  return usage + (command.subcommands.empty() ? "" : " SUBCOMMAND");
}

std::string render_help(const CommandText& command) {
  std::string lines = command.description + "\nUsage: " + command.name + " " + render_usage(command) + "\n";
  add_options(lines, "Arguments", command.arguments);
  add_options(lines, "Options", command.options);
  if (!command.subcommands.empty()) {
    lines += "\nSubcommands:\n";
    for (const CommandText& below : command.subcommands) {
      add_entry(lines, below.name.substr(command.name.size() + 1), below.description);
    }
  }
  return lines + (command.footer.empty() ? "" : "\n" + command.footer + "\n");
}

}  // namespace mta_sts::cli
