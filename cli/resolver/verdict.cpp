#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/enum_names.hpp"
#include "base/utc_time.hpp"
#include "base/utf8.hpp"
#include "cli/command.hpp"
#include "cli/config_file.hpp"
#include "cli/resolver/ask_options.hpp"
#include "cli/resolver/lookup_words.hpp"
#include "cli/resolver/uncached_verdicts.hpp"
#include "cli/subcommands.hpp"
#include "errors/catalogue.hpp"

namespace mta_sts::cli {
namespace {

struct VerdictOptions {
  std::vector<std::string> domains;
  AskWords ask;
  LookupWords lookup;
  std::string config;
  bool direct = false;
  bool json = false;
};

std::string_view consequence(VerdictMode mode) {
  using enum VerdictMode;
  static constexpr auto words = enum_names<VerdictMode>({
      {enforce,
       "mail is delivered only to the hosts below, over TLS with a certificate for the host's name; "
       "otherwise it waits"},
      {testing, "delivered anyway; failures should be reported"},
      {none, "delivered as without a policy"},
      {temp, "the policy is not known at the moment: mail waits in the queue and is tried again"},
  });
  return words[mode];
}

std::string_view origin(VerdictSource source) {
  using enum VerdictSource;
  static constexpr auto words = enum_names<VerdictSource>({
      {none, "from nowhere"},
      {cache, "from the cache"},
      {fetch, "fetched now"},
  });
  return words[source];
}

Colour colour_of(VerdictMode mode) {
  return mode == VerdictMode::enforce ? Colour::green
         : mode == VerdictMode::temp  ? Colour::red
                                      : Colour::yellow;
}

void show_reason(Output& output, const std::string& reason) {
  output.line("  why: " + reason);
  if (const ErrorEntry* entry = find_error(reason)) {
    output.line("    " + std::string(entry->meaning));
    output.line("    " + fix_of(*entry));
  }
}

void show(Output& output, const std::string& domain, const Verdict& verdict) {
  output.line(text::escape_for_display(domain) + ": " +
              output.paint(colour_of(verdict.mode), to_string(verdict.mode)) + ": " +
              std::string(consequence(verdict.mode)));
  for (const std::string& pattern : verdict.mx) {
    output.line("  mx: " + text::escape_for_display(pattern));
  }
  if (!verdict.id.empty()) {
    output.line("  policy " + text::escape_for_display(verdict.id) + ", " +
                std::string(origin(verdict.source)) +
                (verdict.expires ? ", live until " + utc_text(*verdict.expires) : ""));
  }
  if (!verdict.reason.empty()) {
    show_reason(output, verdict.reason);
  }
}

nlohmann::ordered_json to_json(const std::string& domain, const Verdict& verdict) {
  nlohmann::ordered_json json = {{"domain", text::escape_for_display(domain)},
                                 {"mode", to_string(verdict.mode)},
                                 {"id", verdict.id},
                                 {"mx", verdict.mx},
                                 {"source", to_string(verdict.source)},
                                 {"expires", nullptr},
                                 {"reason", verdict.reason}};
  if (verdict.expires) {
    json["expires"] = verdict.expires->time_since_epoch().count();
  }
  return json;
}

/// A name that is no domain is the caller's slip; any other temp may be gone later.
ExitCode code_of(const Verdict& verdict) {
  if (verdict.mode != VerdictMode::temp) {
    return ExitCode::ok;
  }
  return verdict.reason.starts_with("domain-") ? ExitCode::wrong_use : ExitCode::temporary;
}

ExitCode run_verdict(Output& output, const VerdictOptions& options, Command command) {
  if (auto applied = apply_config_file(command, command.of_program("resolver"), options.config); !applied) {
    output.error(applied.error());
    return ExitCode::wrong_use;
  }
  std::vector<Verdict> verdicts;
  if (options.direct) {
    output.note("asked without the resolver: this neither reads nor writes its cache (--direct)");
    auto asked = uncached_verdicts(to_lookup_options(options.lookup), options.domains);
    if (!asked) {
      output.error(asked.error());
      return ExitCode::wrong_use;
    }
    verdicts = std::move(*asked);
  } else {
    for (const std::string& domain : options.domains) {
      verdicts.push_back(ask_resolver(to_address(options.ask), domain));
    }
  }
  ExitCode code = ExitCode::ok;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    code = worse(code, code_of(verdicts[i]));
    if (options.json) {
      list.push_back(to_json(options.domains[i], verdicts[i]));
    } else {
      show(output, options.domains[i], verdicts[i]);
    }
  }
  if (options.json) {
    output.line(nlohmann::ordered_json{{"verdicts", list}}.dump(2));
  }
  return code;
}

}  // namespace

void add_verdict(Command app, Session& session) {
  const auto declare = [](Command command, VerdictOptions& options) {
    command.option("DOMAIN", options.domains, "Domains of mail addresses (U-labels are fine)").required();
    add_ask_options(command, options.ask);
    command.flag("--direct", options.direct,
                 "Ask DNS and the policy host directly, without the resolver and its cache");
    add_lookup_options(command, options.lookup);
    command.flag("--json", options.json, "Print one JSON object");
    add_config_option(command, options.config);
    command.footer(
        "Says what the mail server would do with mail for a domain now, and why. --dns, --ca, --https-port,\n"
        "--allow-private and the --...timeout options apply to --direct.\n"
        "Exit codes: 0 success, 2 usage error, 3 a verdict is temp, so mail waits.\n\n"
        "Examples:\n"
        "  mta-sts verdict example.com\n"
        "  mta-sts verdict --direct --dns 127.0.0.1 --json example.com example.net");
  };
  add_command<VerdictOptions>(app, session, "verdict",
                              "Say what a sender does with mail for a domain, and why", declare, run_verdict);
}

}  // namespace mta_sts::cli
