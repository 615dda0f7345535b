#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/utf8.hpp"
#include "cli/command.hpp"
#include "cli/input.hpp"
#include "cli/policy/lint_text.hpp"
#include "cli/subcommands.hpp"
#include "file/replace_file.hpp"
#include "policy/policy.hpp"
#include "publish/policy_lint.hpp"
#include "publish/policy_mend.hpp"

namespace mta_sts::cli {
namespace {

using Findings = std::vector<publish::PolicyFinding>;
using Json = nlohmann::ordered_json;

struct LintOptions {
  std::vector<std::string> files;
  bool json = false;
  bool fix = false;
};

Json to_json(const publish::PolicyFinding& finding) {
  Json json = {
      {"severity", to_string(finding.severity)},
      {"word", finding.word},
      {"line", finding.is_of_file ? Json() : Json(finding.where.line)},
      {"column", finding.is_of_file ? Json() : Json(finding.where.column)},
      {"rfc", finding.source},
      {"detail", finding.detail},
      {"text", text::escape_for_display(finding.line)},
      {"action", nullptr},
      {"fix", nullptr},
  };
  if (finding.mend) {
    json["action"] = to_string(finding.mend->action);
    json["fix"] = finding.mend->text;
    json["fix_line"] = finding.mend->line;
    json["fix_lines"] = finding.mend->count;
    json["advice"] = finding.mend->is_advice;
  }
  return json;
}

Json to_json(const Findings& findings) {
  Json json = Json::array();
  for (const publish::PolicyFinding& finding : findings) {
    json.push_back(to_json(finding));
  }
  return json;
}

bool has_fault(const Findings& findings) {
  return std::ranges::any_of(findings, [](const publish::PolicyFinding& finding) {
    return finding.severity == publish::PolicySeverity::error;
  });
}

/// One run over the files: shows what it finds, or collects it for the JSON.
class LintRun {
 public:
  LintRun(Output& output, const LintOptions& options) : output_(output), options_(options) {}

  ExitCode run() {
    ExitCode code = ExitCode::ok;
    for (const std::string& file : options_.files) {
      const auto bytes = read_input(file, policy_limit_bytes);
      if (!bytes) {
        output_.error(bytes.error());
        code = worse(code, ExitCode::wrong_use);
        continue;
      }
      name_ = file == "-" ? "standard input" : text::escape_for_display(file);
      code = worse(code, options_.fix ? fix(file, *bytes) : look_at(*bytes));
    }
    if (options_.json) {
      output_.line(Json{{"files", files_}}.dump(2));
    }
    return code;
  }

 private:
  ExitCode look_at(std::string_view bytes) {
    const Findings findings = publish::lint_policy(bytes);
    if (options_.json) {
      files_.push_back({{"file", name_}, {"ok", !has_fault(findings)}, {"findings", to_json(findings)}});
    } else {
      show(findings, false);
    }
    return has_fault(findings) ? ExitCode::at_fault : ExitCode::ok;
  }

  /// Beside a policy on standard output, what is said goes to standard error.
  void say(const std::string& line, bool is_beside) {
    if (is_beside) {
      output_.aside(line);
    } else {
      output_.line(line);
    }
  }

  [[nodiscard]] Paint painter(bool is_beside) const {
    return is_beside ? [](TextRole, std::string_view text) { return std::string(text); } : output_.painter();
  }

  void show(const Findings& findings, bool is_beside) {
    const Paint paint = painter(is_beside);
    if (findings.empty()) {
      say(name_ + ": " + paint(TextRole::good, "ok"), is_beside);
    }
    for (const publish::PolicyFinding& finding : findings) {
      for (const std::string& line : render_finding(name_, finding, paint)) {
        say(line, is_beside);
      }
    }
  }

  /// Writes the mended policy to where it came from, or none at all.
  ExitCode fix(const std::string& file, std::string_view bytes) {
    const publish::MendedPolicy mended = publish::mend_policy(bytes);
    const Findings left = publish::lint_policy(mended.text);
    const bool may_write = !publish::keeps_from_mending(left);
    const bool is_piped = file == "-";
    const bool is_mended = may_write && mended.text != bytes;
    if (is_mended && !is_piped) {
      if (const auto written = rewrite_file(file, mended.text); !written) {
        output_.error(written.error());
        return ExitCode::temporary;
      }
    }
    const Findings findings = publish::lint_policy(bytes);
    if (options_.json) {
      add_json(mended, may_write ? left : findings, may_write, is_mended);
    } else if (may_write) {
      show_mended(mended, left, is_mended, is_piped);
    } else {
      show(findings, is_piped);
      say(name_ + ": not changed: for what has no fix above, only its author can tell what is meant",
          is_piped);
    }
    return may_write ? ExitCode::ok : ExitCode::at_fault;
  }

  void show_mended(const publish::MendedPolicy& mended, const Findings& left, bool is_mended, bool is_piped) {
    const Paint paint = painter(is_piped);
    if (is_mended) {
      say(name_ + (mended.difference.empty() ? ": mended: line ends only" : ": mended"), is_piped);
    }
    for (const std::string& line : render_difference(mended.difference, paint)) {
      say(line, is_piped);
    }
    show(left, is_piped);
    if (is_piped) {
      output_.text(mended.text);
    }
  }

  void add_json(const publish::MendedPolicy& mended, const Findings& findings, bool may_write,
                bool is_mended) {
    Json entry = {{"file", name_},
                  {"ok", !has_fault(findings)},
                  {"mended", is_mended},
                  {"policy", may_write ? Json(mended.text) : Json()},
                  {"findings", to_json(findings)}};
    files_.push_back(std::move(entry));
  }

  Output& output_;
  const LintOptions& options_;
  std::string name_;  // of the file, safe to show
  Json files_ = Json::array();
};

ExitCode run_lint(Output& output, const LintOptions& options, const Command&) {
  return LintRun(output, options).run();
}

}  // namespace

void add_lint(Command app, Session& session) {
  const auto declare = [](Command command, LintOptions& options) {
    command.option("FILE", options.files, "Policy files, or - for standard input").required();
    command.flag(
        "--fix", options.fix,
        "Write the mended policy into the file (for - to standard output), if all faults can be mended");
    command.flag("--json", options.json, "Print one JSON object");
    command.footer(
        "Shows each fault with file, line, column, error word, RFC section and the fix: lines to insert, to\n"
        "replace or to delete. A fix keeps what was meant; where that is not clear there is none.\n"
        "Exit codes: 0 no fault (warnings and notes do not count), 1 a policy has a fault (with --fix: it\n"
        "cannot be mended whole, and the file is as it was), 2 usage error or unreadable file, 3 the file\n"
        "cannot be written.\n\n"
        "Examples:\n"
        "  mta-sts lint /var/www/mta-sts/.well-known/mta-sts.txt\n"
        "  mta-sts lint --fix /var/www/mta-sts/.well-known/mta-sts.txt\n"
        "  curl -s https://mta-sts.example.com/.well-known/mta-sts.txt | mta-sts lint -");
  };
  add_command<LintOptions>(app, session, "lint", "Find every fault in a policy file", declare, run_lint);
}

}  // namespace mta_sts::cli
