// mta-sts errors: what an error word means, and who fixes it how.
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
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
  bool json = false;
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

/// A word where it is met.
struct Found {
  const ErrorSection* section;
  const ErrorEntry* entry;
};

// A word may be met in several places, with a meaning in each. The empty word is all of them.
std::vector<Found> find(const AllWords& words, std::string_view word) {
  std::vector<Found> found;
  for (const ErrorSection& section : words.sections()) {
    for (const ErrorEntry& entry : section.entries) {
      if (word.empty() || entry.word == word) {
        found.push_back({&section, &entry});
      }
    }
  }
  return found;
}

void explain(Output& output, const Found& found) {
  output.line(output.paint(Colour::bold, found.entry->word) + " (" + std::string(found.section->title) + ")");
  output.line("  " + std::string(found.entry->meaning));
  output.line("  " + fix_of(*found.entry));
  if (found.section->exit_code) {
    output.line("  exit code: " + std::to_string(*found.section->exit_code));
  }
}

void list(Output& output, const AllWords& words) {
  for (const ErrorSection& section : words.sections()) {
    output.line(output.paint(Colour::bold, section.title));
    for (const ErrorEntry& entry : section.entries) {
      output.line("  " + std::string(entry.word) + ": " + std::string(entry.meaning));
    }
  }
}

void print_json(Output& output, const std::vector<Found>& all) {
  using Json = nlohmann::ordered_json;
  Json array = Json::array();
  for (const Found& found : all) {
    array.push_back({{"word", found.entry->word},
                     {"place", found.section->title},
                     {"meaning", found.entry->meaning},
                     {"actor", to_string(found.entry->actor)},
                     {"fix", found.entry->fix},
                     {"exit_code", found.section->exit_code ? Json(*found.section->exit_code) : Json()}});
  }
  output.line(array.dump(-1, ' ', true));
}

ExitCode run_errors(Output& output, const ErrorsOptions& options, const Command&) {
  if (options.markdown) {
    output.text(render_error_page());
    return ExitCode::ok;
  }
  const AllWords words;
  ExitCode code = ExitCode::ok;
  std::vector<Found> all = options.words.empty() ? find(words, "") : std::vector<Found>();
  for (const std::string& word : options.words) {
    const std::vector<Found> found = word.empty() ? std::vector<Found>() : find(words, word);
    all.insert(all.end(), found.begin(), found.end());
    if (found.empty()) {
      output.error(
          Fault{"usage-error", "\"" + text::escape_for_display(word, 80) +
                                   "\" is not an error word; 'mta-sts errors' without a word lists them"});
      code = ExitCode::wrong_use;
    }
  }
  if (options.json) {
    print_json(output, all);
  } else if (options.words.empty()) {
    list(output, words);
  } else {
    for (const Found& found : all) {
      explain(output, found);
    }
  }
  return code;
}

}  // namespace

void add_errors(Command app, Session& session) {
  const auto declare = [](Command command, ErrorsOptions& options) {
    command.option("WORD", options.words, "Error words of a log, a message, a metric, JSON or a TLS report")
        .by_default("all of them");
    Option json =
        command.flag("--json", options.json, "Print an array with an object for each word and place");
    command.flag("--markdown", options.markdown, "Print the page docs/errors.md").excludes(json);
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
