// mta-sts errors: what an error word means, and who fixes it how.
#include <array>
#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "cli/command.hpp"
#include "cli/subcommands.hpp"
#include "errors/catalogue.hpp"
#include "tlsrpt/model/words.hpp"

namespace mta_sts::cli {
namespace {

struct ErrorsOptions {
  std::vector<std::string> words;
  bool markdown = false;
};

/// The words of the catalogue, and those for what is wrong or odd inside a TLS report, which its reader has
/// and docs/reports.md lists.
class AllWords {
 public:
  AllWords() {
    for (std::size_t i = 0; i < tlsrpt::read_error_count; ++i) {
      const auto error = static_cast<tlsrpt::ReadError>(i);
      errors_[i] = {to_string(error), explain(error), fix_of(error), Actor::user};
    }
    for (std::size_t i = 0; i < tlsrpt::quirk_count; ++i) {
      const auto quirk = static_cast<tlsrpt::Quirk>(i);
      quirks_[i] = {to_string(quirk), explain(quirk), "nothing; the report was read all the same",
                    Actor::nobody};
    }
    for (const ErrorSection* section : error_sections()) {
      sections_.push_back(*section);
    }
    sections_.push_back({.title = "Inside a TLS report", .introduction = "", .entries = errors_});
    sections_.push_back({.title = "Oddities of a TLS report", .introduction = "", .entries = quirks_});
  }
  AllWords(const AllWords&) = delete;
  AllWords& operator=(const AllWords&) = delete;

  [[nodiscard]] const std::vector<ErrorSection>& sections() const { return sections_; }

 private:
  std::array<ErrorEntry, tlsrpt::read_error_count> errors_;
  std::array<ErrorEntry, tlsrpt::quirk_count> quirks_;
  std::vector<ErrorSection> sections_;
};

// A word may be met in several places, with a meaning in each.
bool tell(Output& output, const AllWords& words, const std::string& word) {
  bool is_known = false;
  for (const ErrorSection& section : words.sections()) {
    for (const ErrorEntry& entry : section.entries) {
      if (entry.word == word) {
        output.line(output.paint(Colour::bold, word) + " (" + std::string(section.title) + ")");
        output.line("  " + std::string(entry.meaning));
        output.line("  " + fix_of(entry));
        if (section.exit_code) {
          output.line("  exit code: " + std::to_string(*section.exit_code));
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
  const AllWords words;
  ExitCode code = ExitCode::ok;
  for (const std::string& word : options.words) {
    if (!tell(output, words, word)) {
      output.error(
          Fault{"usage-error", "\"" + text::escape_for_display(word, 80) +
                                   "\" is not an error word; 'mta-sts errors' without a word lists them"});
      code = ExitCode::wrong_use;
    }
  }
  if (options.words.empty()) {
    for (const ErrorSection& section : words.sections()) {
      output.line(output.paint(Colour::bold, section.title));
      for (const ErrorEntry& entry : section.entries) {
        output.line("  " + std::string(entry.word) + ": " + std::string(entry.meaning));
      }
    }
  }
  return code;
}

}  // namespace

void add_errors(Command app, Session& session) {
  const auto declare = [](Command command, ErrorsOptions& options) {
    command.option("WORD", options.words, "Error words of a log, a message, a metric, JSON or a TLS report")
        .by_default("all of them");
    command.flag("--markdown", options.markdown, "Print the page docs/errors.md");
    command.footer(
        "Exit codes: 0 success, 2 usage error or unknown word.\n\n"
        "Examples:\n"
        "  mta-sts errors cert-expired\n"
        "  mta-sts errors E_GZIP\n"
        "  mta-sts errors");
  };
  add_command<ErrorsOptions>(app, session, "errors",
                             "Explain error words: what happened, who fixes it, and how", declare,
                             run_errors);
}

}  // namespace mta_sts::cli
