#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/enum_names.hpp"
#include "cli/command.hpp"
#include "cli/exim/config.hpp"
#include "cli/exim/local_sender.hpp"
#include "cli/exim/outcomes_probe.hpp"
#include "cli/exim/probe.hpp"
#include "cli/subcommands.hpp"
#include "eximcheck/dane.hpp"
#include "eximcheck/judge.hpp"
#include "eximcheck/outcomes.hpp"

namespace mta_sts::cli {
namespace {

using Level = eximcheck::EximFinding::Level;

constexpr const char* no_domain = "mta-sts.invalid";

struct EximCheckOptions {
  std::string exim;
  std::string config;
  std::string domain = no_domain;
  std::string expected_mode;
  bool json = false;
};

eximcheck::EximFinding judge_build(const LoadedExim& loaded) {
  const std::string way =
      loaded.build.has_dlfunc ? "through the plugin" : "with ${readsocket, because it cannot load plugins";
  return eximcheck::ok_finding("Exim " + loaded.build.version + " reads " + loaded.configuration.file +
                               " and asks the resolver " + way);
}

// Exim takes no argument over 256 bytes here, so this is shorter than what the routers ask with.
std::string question_for(const eximconf::Settings& settings, const std::string& domain) {
  if (settings.question == eximconf::Question::plugin) {
    return "${dlfunc{" + settings.plugin + "}{mta_sts_verdict}{" + domain + "}{socket=" + settings.socket +
           "}}";
  }
  return "${readsocket{" + settings.socket + "}{verdict " + domain +
         "\\n}{10s}{ }{mode=temp reason=resolver-unreachable}}";
}

void ask_resolver(const EximProgram& exim, const LoadedExim& loaded, const std::string& domain,
                  std::vector<eximcheck::EximFinding>& findings) {
  const eximconf::Settings& settings = loaded.settings;
  const bool has_plugin = settings.question == eximconf::Question::plugin;
  if (has_plugin && ::access(settings.plugin.c_str(), R_OK) != 0) {
    findings.push_back(eximcheck::judge_verdict("mode=temp reason=plugin-missing", settings, "root"));
    return;
  }
  const std::string question = question_for(settings, domain);
  findings.push_back(eximcheck::judge_verdict(exim.expand(question), settings, "root"));
  const auto user = exim.find_user();
  if (user && findings.back().level == Level::ok) {
    findings.push_back(eximcheck::judge_verdict(exim.expand(question, user->second), settings, user->first));
  }
  if (has_plugin) {
    const std::string function = "${dlfunc{" + settings.plugin + "}{mta_sts_cert}";
    findings.push_back(eximcheck::judge_certificate_check(
        exim.expand(function + "{mx.a.invalid}{mx.a.invalid}}"),
        exim.expand(function + "{mx.a.invalid}{mx.b.invalid}}"), settings));
  }
}

// Exim delivers as its own user, who tells of the sessions.
void try_outcomes(const EximProgram& exim, const LoadedExim& loaded,
                  std::vector<eximcheck::EximFinding>& findings) {
  if (loaded.settings.outcomes.empty() || loaded.settings.mode == "off") {
    return;
  }
  const auto user = exim.find_user();
  const int error =
      connect_error(loaded.settings.outcomes, user ? std::optional(user->second) : std::nullopt);
  findings.push_back(
      eximcheck::judge_outcomes_socket(error, loaded.settings, user ? user->first : std::string("root")));
  std::ranges::move(eximcheck::judge_untold_transports(loaded.configuration, loaded.settings),
                    std::back_inserter(findings));
}

bool has_fault(const std::vector<eximcheck::EximFinding>& findings) {
  return std::ranges::any_of(
      findings, [](const eximcheck::EximFinding& finding) { return finding.level == Level::fault; });
}

std::string_view to_string(Level level) {
  using enum Level;
  static constexpr auto words = enum_names<Level>({
      {ok, "ok"},
      {warning, "warning"},
      {fault, "fault"},
      {temporary, "temporary"},
  });
  return words[level];
}

void show(Output& output, const eximcheck::EximFinding& finding) {
  const Colour colour = finding.level == Level::ok      ? Colour::green
                        : finding.level == Level::fault ? Colour::red
                                                        : Colour::yellow;
  std::string line = output.paint(colour, to_string(finding.level)) + ": ";
  if (!finding.word.empty()) {
    line += finding.word + ": ";
  }
  output.line(line + finding.text);
  if (!finding.fix.empty()) {
    output.line("    " + finding.fix);
  }
}

void show_json(Output& output, const LoadedExim& loaded,
               const std::vector<eximcheck::EximFinding>& findings) {
  nlohmann::ordered_json json{{"exim", loaded.build.version},
                              {"configuration", loaded.configuration.file},
                              {"plugin", loaded.settings.plugin},
                              {"socket", loaded.settings.socket},
                              {"mode", loaded.settings.mode},
                              {"outcomes", loaded.settings.outcomes},
                              {"findings", nlohmann::ordered_json::array()}};
  for (const eximcheck::EximFinding& finding : findings) {
    json["findings"].push_back({{"level", to_string(finding.level)},
                                {"word", finding.word},
                                {"text", finding.text},
                                {"fix", finding.fix}});
  }
  output.line(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

ExitCode exit_code_of(const std::vector<eximcheck::EximFinding>& findings) {
  if (has_fault(findings)) {
    return ExitCode::at_fault;
  }
  const bool is_temporary = std::ranges::any_of(
      findings, [](const eximcheck::EximFinding& finding) { return finding.level == Level::temporary; });
  return is_temporary ? ExitCode::temporary : ExitCode::ok;
}

std::vector<eximcheck::EximFinding> judge(const EximProgram& exim, const LoadedExim& loaded,
                                          const EximCheckOptions& options) {
  const auto blocks = eximconf::derive(loaded.configuration, loaded.settings);
  std::vector<eximcheck::EximFinding> findings{judge_build(loaded)};
  std::ranges::move(eximcheck::judge_configuration({.configuration = loaded.configuration,
                                                    .settings = loaded.settings,
                                                    .blocks = blocks,
                                                    .expected_mode = options.expected_mode}),
                    std::back_inserter(findings));
  const eximcheck::DaneWish wish = eximcheck::find_dane_wish(loaded.build, loaded.configuration);
  if (auto finding = eximcheck::judge_dane(wish, host_sees_validation())) {
    findings.push_back(*std::move(finding));
  }
  const bool is_installed = std::ranges::any_of(loaded.configuration.routers, &eximconf::Instance::is_own);
  if (is_installed) {
    ask_resolver(exim, loaded, options.domain, findings);
    try_outcomes(exim, loaded, findings);
  }
  if (is_installed && blocks && loaded.settings.mode == "enforce" && options.domain != no_domain) {
    std::ranges::move(probe_routes(exim, loaded, *blocks, options.domain), std::back_inserter(findings));
  }
  return findings;
}

ExitCode run_exim_check(Output& output, const EximCheckOptions& options, const Command&) {
  const EximProgram exim(options.exim, options.config);
  const auto loaded = load_exim(exim);
  if (!loaded) {
    output.error(
        Fault{loaded.error().word,
              loaded.error().detail + "; name another with --exim or --config, and run this as root"});
    return ExitCode::wrong_use;
  }
  const auto findings = judge(exim, *loaded, options);
  if (options.json) {
    show_json(output, *loaded, findings);
  } else {
    std::ranges::for_each(findings, [&](const eximcheck::EximFinding& finding) { show(output, finding); });
  }
  return exit_code_of(findings);
}

}  // namespace

void add_exim_check(Command app, Session& session) {
  const auto declare = [](Command command, EximCheckOptions& options) {
    command.option("--exim FILE", options.exim, "Exim's program")
        .by_default("where Debian and Exim install it");
    command.option("--config FILE", options.config, "Exim's configuration file")
        .by_default("the one it reads by itself");
    command
        .option("--domain DOMAIN", options.domain,
                "A domain that this host sends mail to: routing to it is tried under every kind of policy")
        .show_default()
        .check([](const std::string& domain) {
          const bool is_plain = domain.find_first_of("{}$\\\"' \t\n@") == domain.npos;
          return is_plain ? std::string() : std::string("a domain cannot contain this character");
        });
    command
        .option("--expect MODE", options.expected_mode,
                "The mode that you expect; any other is reported as a fault")
        .one_of({"enforce", "observe", "off"});
    command.flag("--json", options.json, "Print one JSON object");
    command.footer(
        "Asks Exim itself: do the routers and transports of MTA-STS match the administrator's, and come "
        "before\n"
        "them; does any router bypass them; does the resolver answer root and Exim's own user; can that "
        "user\n"
        "tell what sessions come to, where the configuration says so, and does each transport; with "
        "--domain,\n"
        "how mail is routed under every kind of policy (nothing is sent). Run it as root.\n\n"
        "Exit codes: 0 no problem, 1 problem found (its fix is shown), 2 usage error, or Exim cannot be "
        "run,\n"
        "3 the configuration is right, but the lookup failed temporarily.");
  };
  add_command<EximCheckOptions>(app, session, "exim-check", "Check whether Exim really obeys policies",
                                declare, run_exim_check);
}

}  // namespace mta_sts::cli
