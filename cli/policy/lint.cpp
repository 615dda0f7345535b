#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/utf8.hpp"
#include "cli/command.hpp"
#include "cli/input.hpp"
#include "cli/subcommands.hpp"
#include "policy/policy.hpp"
#include "publish/policy_lint.hpp"

namespace mta_sts::cli {
namespace {

struct LintOptions {
  std::vector<std::string> files;
  bool json = false;
};

/// The part of a line that is shown around the fault, so that one long line does not fill the screen.
constexpr std::size_t shown_before = 60;
constexpr std::size_t shown_after = 40;

std::size_t characters_of(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void show_line(Output& output, const publish::PolicyFinding& finding) {
  const std::size_t at = std::min(finding.where.column - 1, finding.line.size());
  const std::size_t begin = at > shown_before ? at - shown_before : 0;
  const std::string before = text::escape_for_display(finding.line.substr(begin, at - begin));
  const std::string after = text::escape_for_display(finding.line.substr(at), shown_after);
  output.line("    " + before + after);
  output.line("    " + std::string(characters_of(before), ' ') + output.paint(Colour::green, "^"));
}

void show_fix(Output& output, std::string_view fixed) {
  if (fixed.empty()) {
    output.line("    fix: delete this line");
    return;
  }
  while (!fixed.empty()) {
    const std::size_t end = std::min(fixed.find('\n'), fixed.size());
    output.line("    fix: " + output.paint(Colour::bold, fixed.substr(0, end)));
    fixed.remove_prefix(std::min(end + 1, fixed.size()));
  }
}

std::string painted(Output& output, publish::PolicySeverity severity) {
  const std::string_view word = to_string(severity);
  switch (severity) {
    case publish::PolicySeverity::error:
      return output.paint(Colour::red, word);
    case publish::PolicySeverity::warning:
      return output.paint(Colour::yellow, word);
    case publish::PolicySeverity::note:
      break;
  }
  return output.paint(Colour::bold, word);
}

void show(Output& output, const std::string& name, const publish::PolicyFinding& finding) {
  output.line(name + ":" + std::to_string(finding.where.line) + ":" + std::to_string(finding.where.column) +
              ": " + painted(output, finding.severity) + ": " + finding.word + ": " + finding.detail + " (" +
              std::string(finding.source) + ")");
  if (!finding.line.empty()) {
    show_line(output, finding);
  }
  if (finding.fixed) {
    show_fix(output, *finding.fixed);
  }
}

nlohmann::ordered_json to_json(const publish::PolicyFinding& finding) {
  nlohmann::ordered_json json = {
      {"severity", to_string(finding.severity)},
      {"word", finding.word},
      {"line", finding.where.line},
      {"column", finding.where.column},
      {"rfc", finding.source},
      {"detail", finding.detail},
      {"text", text::escape_for_display(finding.line)},
  };
  json["fix"] = finding.fixed ? nlohmann::ordered_json(*finding.fixed) : nlohmann::ordered_json(nullptr);
  return json;
}

ExitCode lint_one(Output& output, const std::string& file, nlohmann::ordered_json* json) {
  const auto bytes = read_input(file, policy_limit_bytes);
  if (!bytes) {
    output.error(bytes.error());
    return ExitCode::wrong_use;
  }
  const std::string name = file == "-" ? "standard input" : text::escape_for_display(file);
  const std::vector<publish::PolicyFinding> findings = publish::lint_policy(*bytes);
  const bool fault = std::ranges::any_of(findings, [](const publish::PolicyFinding& finding) {
    return finding.severity == publish::PolicySeverity::error;
  });
  if (json != nullptr) {
    nlohmann::ordered_json entry = {
        {"file", name}, {"ok", !fault}, {"findings", nlohmann::ordered_json::array()}};
    for (const publish::PolicyFinding& finding : findings) {
      entry["findings"].push_back(to_json(finding));
    }
    json->push_back(std::move(entry));
  } else if (findings.empty()) {
    output.line(name + ": " + output.paint(Colour::green, "ok"));
  } else {
    for (const publish::PolicyFinding& finding : findings) {
      show(output, name, finding);
    }
  }
  return fault ? ExitCode::at_fault : ExitCode::ok;
}

ExitCode run_lint(Output& output, const LintOptions& options, const Command&) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  ExitCode code = ExitCode::ok;
  for (const std::string& file : options.files) {
    code = worse(code, lint_one(output, file, options.json ? &json : nullptr));
  }
  if (options.json) {
    output.line(nlohmann::ordered_json{{"files", json}}.dump(2));
  }
  return code;
}

}  // namespace

void add_lint(Command app, Session& session) {
  const auto declare = [](Command command, LintOptions& options) {
    command.option("FILE", options.files, "Policy files, or - for standard input").required();
    command.flag("--json", options.json, "Print one JSON object");
    command.footer(
        "Shows each fault with file, line, column, error word, RFC section and the corrected line.\n"
        "Exit codes: 0 no fault (warnings and notes do not count), 1 a policy has a fault, 2 usage error or\n"
        "unreadable file.\n\n"
        "Examples:\n"
        "  mta-sts lint /var/www/mta-sts/.well-known/mta-sts.txt\n"
        "  curl -s https://mta-sts.example.com/.well-known/mta-sts.txt | mta-sts lint -");
  };
  add_command<LintOptions>(app, session, "lint", "Find every fault in a policy file", declare, run_lint);
}

}  // namespace mta_sts::cli
