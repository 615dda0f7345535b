#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/policy/words.hpp"
#include "cli/subcommands.hpp"

namespace mta_sts::cli {
namespace {

struct RenderOptions {
  std::vector<std::string> words;
  bool json = false;
};

ExitCode run_render(Output& output, const RenderOptions& options, const Command&) {
  const PolicyFromWords made = policy_from_words(output, options.words);
  if (!made.policy) {
    return made.exit_code;
  }
  if (options.json) {
    output.line(nlohmann::ordered_json{{"id", made.policy->id},
                                       {"mode", to_string(made.policy->mode)},
                                       {"max_age", made.policy->max_age_seconds},
                                       {"policy", made.policy->body}}
                    .dump(2));
  } else {
    output.text(made.policy->body);
  }
  return ExitCode::ok;
}

}  // namespace

void add_render(Command app, Session& session) {
  const auto declare = [](Command command, RenderOptions& options) {
    command
        .option("WORDS", options.words,
                "The words of a web server's directive: enforce|testing|none, mx=PATTERN (repeatable), "
                "max_age=SECONDS|Nd|Nw, serial=N; or file=PATH")
        .required();
    command.flag("--json", options.json, "Print one JSON object with the id and the policy");
    command.footer(
        "Prints the policy's bytes exactly as the web server sends them (lines end with CRLF).\n"
        "Exit codes: 0 success, 1 the file of file= is not a valid policy, 2 usage error or unreadable "
        "file.\n\n"
        "Examples:\n"
        "  mta-sts render enforce mx=mail.example.com mx=mail2.example.com max_age=2w\n"
        "  mta-sts render --json testing 'mx=*.example.com'");
  };
  add_command<RenderOptions>(app, session, "render", "Print the policy that the words of a directive make",
                             declare, run_render);
}

}  // namespace mta_sts::cli
