#include "cli/documents/manual.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "cli/help.hpp"

namespace mta_sts::cli {
namespace {

/// A character as troff prints it unchanged, also in a command that is copied from the page.
std::string escape(char c) {
  static const std::map<char, std::string> escapes{{'\\', "\\e"},  {'-', "\\-"},   {'\'', "\\(aq"},
                                                   {'`', "\\(ga"}, {'^', "\\(ha"}, {'~', "\\(ti"}};
  const auto found = escapes.find(c);
  return found == escapes.end() ? std::string(1, c) : found->second;
}

std::string escape(std::string_view text) {
  std::string escaped = text.starts_with('.') ? "\\&" : "";  // no request
  for (const char c : text) {
    escaped += escape(c);
  }
  return escaped;
}

std::string bold(std::string_view word) {
  return "\\fB" + escape(word) + "\\fP";
}

/// The capital words of "ADDRESS[:PORT]" or "FILE..." in italics.
std::string placeholders(std::string_view words) {
  std::string marked;
  bool is_inside = false;
  for (const char c : words) {
    const bool is_letter = c >= 'A' && c <= 'Z';
    if (is_letter != is_inside) {
      marked += is_letter ? "\\fI" : "\\fP";
      is_inside = is_letter;
    }
    marked += escape(c);
  }
  return marked + (is_inside ? "\\fP" : "");
}

/// What a page takes from the end of its text: lines to add to options.
using Notes = std::map<std::string, std::string, std::less<>>;

struct Page {
  std::string before;  ///< the options
  std::string after;
  Notes notes;
};

Page split(std::string_view text) {
  Page page;
  std::string* place = &page.before;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line == "@OPTIONS") {
      place = &page.after;
    } else if (line.starts_with("@-")) {
      place = &page.notes[std::string(line.substr(1))];
    } else {
      place->append(line).append("\n");
    }
  }
  return page;
}

/// The parts of a footer: its exit codes without their heading, and the lines of its examples.
struct Footer {
  std::string exit_codes;
  std::string examples;
};

Footer split_footer(std::string_view text) {
  constexpr std::string_view codes = "Exit codes: ";
  Footer footer;
  std::string* place = nullptr;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with(codes)) {
      place = &footer.exit_codes;
      line.remove_prefix(codes.size());
    } else if (line == "Examples:" || line == "Example:") {
      place = &footer.examples;
      continue;
    } else if (line.empty() || line.starts_with("See ")) {
      place = nullptr;
    }
    if (place != nullptr) {
      place->append(escape(line.substr(std::min(line.find_first_not_of(' '), line.size())))).append("\n");
    }
  }
  return footer;
}

/// "0 success, 2 usage error" as a list.
std::string exit_status(std::string_view footer) {
  std::string codes = split_footer(footer).exit_codes;
  std::ranges::replace(codes, '\n', ' ');
  std::string lines;
  for (std::size_t begin = 0; begin < codes.size();) {
    std::size_t end = codes.find(", ", begin);
    while (end < codes.size() && !(ascii::is_digit(codes[end + 2]) && codes[end + 3] == ' ')) {
      end = codes.find(", ", end + 1);
    }
    end = std::min(end, codes.size());
    std::string meaning = codes.substr(begin + 2, end - begin - 2);
    meaning[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(meaning[0])));
    lines += ".TP\n.B " + codes.substr(begin, 1) + "\n" +
             meaning.substr(0, meaning.find_last_not_of(". ") + 1) + ".\n";
    begin = end + 2;
  }
  return lines;
}

class Manual {
 public:
  Manual(const CommandText& command, Page page) : command_(command), page_(std::move(page)) {}

  std::string options(const CommandText& command) {
    std::string lines;
    for (const auto* list : {&command.arguments, &command.options}) {
      for (const OptionText& option : *list) {
        lines += entry(heading(option), option);
      }
    }
    return lines;
  }

  std::string keys() {
    std::string lines;
    for (const OptionText& option : command_.options) {
      if (option.is_key) {
        const std::string value = option.value.empty() ? "yes\\fR|\\fPno" : placeholders(option.value);
        lines += entry(bold(option.name.substr(2)) + " = " + value, option);
      }
    }
    return lines;
  }

  [[nodiscard]] const Page& page() const { return page_; }

  /// Gives an option of the text that the command does not have.
  [[nodiscard]] std::optional<std::string> unused() const {
    for (const auto& note : page_.notes) {
      if (std::ranges::find(used_, note.first) == used_.end()) {
        return note.first;
      }
    }
    return std::nullopt;
  }

 private:
  static std::string heading(const OptionText& option) {
    if (!option.name.starts_with('-')) {
      return placeholders(option.name + (option.is_repeatable ? "..." : ""));
    }
    return (option.short_name.empty() ? "" : bold(option.short_name) + ", ") + bold(option.name) +
           (option.value.empty() ? "" : " " + placeholders(option.value));
  }

  std::string entry(const std::string& heading, const OptionText& option) {
    std::string lines = ".TP\n" + heading + "\n" + escape(render_option_help(option)) + ".\n";
    if (const auto note = page_.notes.find(option.name); note != page_.notes.end()) {
      lines += note->second;
      used_.push_back(option.name);
    }
    return lines;
  }

  const CommandText& command_;
  Page page_;
  std::vector<std::string> used_;
};

std::string usage_line(const CommandText& command) {
  return bold(command.name) + " " + placeholders(render_usage(command)) + "\n";
}

/// "Find every fault" as it stands after the name of a page.
std::string as_purpose(std::string text) {
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

std::string section(const char* heading, const std::string& lines) {
  return lines.empty() ? "" : std::string(".SH ") + heading + "\n" + lines;
}

/// What the page has of the subcommands: all of their options, or for the program where they are described.
std::string subcommands(Manual& manual, const CommandText& command, bool is_program) {
  std::string lines;
  for (const CommandText& below : command.subcommands) {
    const std::string name = below.name.substr(command.name.size() + 1);
    if (is_program) {
      lines += ".TP\n" + bold(name) + "\n" + escape(below.description) + ": see\n.BR " +
               escape("mta-sts-" + name) + (name == "resolver" ? " (8).\n" : " (1).\n");
    } else {
      lines += ".SS " + escape(name) + "\n" + escape(below.description) + ".\n" + manual.options(below);
    }
  }
  return lines;
}

std::string title(std::string_view name, std::string_view number) {
  std::string capitals(name);
  std::ranges::transform(capitals, capitals.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return ".\\\" Made by mta-sts-documents from docs/man/text and the declarations of the options.\n.TH " +
         escape(capitals) + " " + std::string(number) +
         " \"\" \"mta\\-sts " MTA_STS_VERSION "\" \"mta\\-sts\"\n.ad l\n.nh\n";
}

const CommandText* find(const CommandText& program, std::string_view name) {
  if (name == program.name) {
    return &program;
  }
  const auto found = std::ranges::find_if(program.subcommands, [&](const CommandText& below) {
    return "mta-sts-" + below.name.substr(program.name.size() + 1) == name;
  });
  return found == program.subcommands.end() ? nullptr : &*found;
}

std::string examples_of(const CommandText& command, bool is_program) {
  std::string lines = split_footer(command.footer).examples;
  if (!is_program) {
    for (const CommandText& below : command.subcommands) {
      const std::string more = split_footer(below.footer).examples;
      lines += lines.find(more) == std::string::npos ? more : "";
    }
  }
  return lines.empty() ? "" : ".nf\n" + lines + ".fi\n";
}

std::string synopsis(const CommandText& command, bool is_program) {
  std::string lines;
  if (is_program || command.subcommands.empty()) {
    return usage_line(command);
  }
  for (const CommandText& below : command.subcommands) {
    lines += usage_line(below) + ".br\n";
  }
  return lines;
}

}  // namespace

std::expected<std::string, Fault> render_manual(const CommandText& program, std::string_view page,
                                                std::string_view text) {
  const std::size_t dot = page.rfind('.');
  const std::string_view name = page.substr(0, dot);
  const std::string_view number = dot == std::string_view::npos ? "" : page.substr(dot + 1);
  const bool is_file = name == "mta-sts.conf";
  const CommandText* command = find(program, is_file ? "mta-sts-resolver" : name);
  if (command == nullptr) {
    return std::unexpected(Fault{"bad-option", std::string(page) + " is the page of no subcommand"});
  }
  Manual manual(*command, split(text));
  std::string lines = title(name, number);
  if (is_file) {
    const std::string keys = manual.keys();
    lines += manual.page().before + section("KEYS", keys) + manual.page().after;
  } else {
    const bool is_program = command == &program;
    const std::string options = manual.options(*command);
    const std::string below = subcommands(manual, *command, is_program);
    lines += section("NAME", escape(name) + " \\- " + escape(as_purpose(command->description)) + "\n") +
             section("SYNOPSIS", synopsis(*command, is_program)) + manual.page().before +
             section("SUBCOMMANDS", below) + section("OPTIONS", options) +
             section("EXIT STATUS", exit_status(command->footer)) +
             section("EXAMPLES", examples_of(*command, is_program)) + manual.page().after;
  }
  if (const auto unused = manual.unused()) {
    return std::unexpected(Fault{"bad-option", std::string(page) + ": there is no option " + *unused});
  }
  return lines;
}

}  // namespace mta_sts::cli
