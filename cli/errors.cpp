// mta-sts errors: what an error word means, and who fixes it how.
#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "cli/command.hpp"
#include "cli/subcommands.hpp"
#include "errors/catalogue.hpp"

namespace mta_sts::cli {
namespace {

struct ErrorsOptions {
  std::vector<std::string> words;
  bool markdown = false;
};

// A word may be met in several places, with a meaning in each.
bool explain(Output& output, const std::string& word) {
  bool is_known = false;
  for (const ErrorSection* section : error_sections()) {
    for (const ErrorEntry& entry : section->entries) {
      if (entry.word == word) {
        output.line(output.paint(Colour::bold, word) + " (" + std::string(section->title) + ")");
        output.line("  " + std::string(entry.meaning));
        output.line("  " + fix_of(entry));
        if (section->exit_code) {
          output.line("  exit code: " + std::to_string(*section->exit_code));
        }
        is_known = true;
      }
    }
  }
  return is_known;
}

ExitCode run_errors(Output& output, const ErrorsOptions& options, const Command&) {
  if (options.markdown) {
    output.text(render_error_page());
    return ExitCode::ok;
  }
  ExitCode code = ExitCode::ok;
  for (const std::string& word : options.words) {
    if (!explain(output, word)) {
      output.error(
          Fault{"usage-error", "\"" + text::escape_for_display(word, 80) +
                                   "\" is not an error word; 'mta-sts errors' without a word lists them"});
      code = ExitCode::wrong_use;
    }
  }
  if (options.words.empty()) {
    for (const ErrorSection* section : error_sections()) {
      output.line(output.paint(Colour::bold, section->title));
      for (const ErrorEntry& entry : section->entries) {
        output.line("  " + std::string(entry.word) + ": " + std::string(entry.meaning));
      }
    }
  }
  return code;
}

}  // namespace

void add_errors(Command app, Session& session) {
  const auto declare = [](Command command, ErrorsOptions& options) {
    command.option("WORD", options.words, "Error words of a log, a message, a metric or JSON")
        .by_default("all of them");
    command.flag("--markdown", options.markdown, "Print the page docs/errors.md");
    command.footer(
        "Exit codes: 0 success, 2 usage error or unknown word.\n\n"
        "Examples:\n"
        "  mta-sts errors cert-expired\n"
        "  mta-sts errors");
  };
  add_command<ErrorsOptions>(app, session, "errors",
                             "Explain error words: what happened, who fixes it, and how", declare,
                             run_errors);
}

}  // namespace mta_sts::cli
