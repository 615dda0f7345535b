#include <chrono>
#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>

#include "base/utc_time.hpp"
#include "base/utf8.hpp"
#include "cli/command.hpp"
#include "cli/config_file.hpp"
#include "cli/resolver/ask_options.hpp"
#include "cli/subcommands.hpp"
#include "errors/catalogue.hpp"

namespace mta_sts::cli {
namespace {

using Json = nlohmann::ordered_json;

struct CacheOptions {
  std::string domain;
  AskWords ask;
  std::string config;
  bool json = false;
  bool all = false;
};

/// The answer's object, or the code to leave with; the reason is told already.
std::expected<Json, ExitCode> ask_json(Output& output, const CacheOptions& options,
                                       const std::string& request) {
  const auto line = exchange_line(to_address(options.ask), request);
  if (!line) {
    const ErrorEntry* entry = find_error(line.error());
    output.error(line.error(), entry != nullptr ? std::string(entry->meaning) + "; " + fix_of(*entry)
                                                : "the resolver gave no answer");
    return std::unexpected(ExitCode::temporary);
  }
  Json json = Json::parse(*line, nullptr, false);
  if (!json.is_object()) {
    output.error(Fault{"answer-garbled",
                       "the resolver's answer is not JSON: " + text::escape_for_display(*line, 200)});
    return std::unexpected(ExitCode::temporary);
  }
  if (json.contains("error")) {
    output.error(text::escape_for_display(json.value("error", "")),
                 text::escape_for_display(json.value("detail", "")));
    return std::unexpected(ExitCode::wrong_use);
  }
  return json;
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) {
    return "-";
  }
  return text::escape_for_display(found->is_string() ? found->get<std::string>() : found->dump());
}

std::string time_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) {
    return "-";
  }
  return utc_text(std::chrono::sys_seconds(std::chrono::seconds(found->get<std::int64_t>())));
}

void show_policy(Output& output, const Json& policy) {
  if (!policy.is_object()) {
    output.line("  policy: none");
    return;
  }
  output.line("  policy: " + text_of(policy, "mode") + ", id " + text_of(policy, "id") +
              (policy.value("live", false) ? ", live until " : ", expired ") + time_of(policy, "expires"));
  output.line("    fetched " + time_of(policy, "fetched") + ", max_age " + text_of(policy, "max_age") +
              " s, refreshed " +
              (policy.value("next_refresh", Json(nullptr)).is_null()
                   ? "by the next mail after it expires"
                   : "from " + time_of(policy, "next_refresh")));
  for (const Json& pattern : policy.value("mx", Json::array())) {
    output.line("    mx: " +
                text::escape_for_display(pattern.is_string() ? pattern.get<std::string>() : "-"));
  }
}

void show_explanation(Output& output, const Json& json) {
  const Json verdict = json.value("verdict", Json::object());
  const Json record = json.value("record", Json::object());
  const std::string reason = text_of(verdict, "reason");
  output.line(text_of(json, "domain") + ": " + output.paint(Colour::bold, text_of(verdict, "mode")) +
              (reason == "-" || reason.empty() ? "" : " (" + reason + ")"));
  if (const ErrorEntry* entry = find_error(reason)) {
    output.line("  why: " + std::string(entry->meaning));
    output.line("  " + fix_of(*entry));
  }
  const std::string outcome = text_of(record, "outcome");
  output.line(
      "  record: " + (outcome.empty() ? "not looked up lately" : outcome + ", id " + text_of(record, "id")) +
      ", asked " + time_of(record, "asked") + ", used until " + time_of(record, "until"));
  if (const std::string detail = text_of(record, "detail"); !detail.empty() && detail != "-") {
    output.line("    " + detail);
  }
  show_policy(output, json.value("policy", Json(nullptr)));
  for (const Json& failure : json.value("failures", Json::array())) {
    output.line("  failed fetch: " + text_of(failure, "word") +
                " (in TLS reports: " + text_of(failure, "tlsrpt") + ") for id " + text_of(failure, "id") +
                " at " + time_of(failure, "at"));
  }
  if (json.value("failing_since", Json(nullptr)).is_number()) {
    output.line("  every lookup of the record has failed since " + time_of(json, "failing_since"));
  }
  if (json.value("next_try", Json(nullptr)).is_number()) {
    output.line("  next try: with the next mail after " + time_of(json, "next_try"));
  }
  if (json.value("peer", Json(nullptr)).is_string()) {
    output.line("  last fetched from " + text_of(json, "peer"));
  }
  output.line("  failed refreshes in a row: " + text_of(json, "failed_refreshes") + ", last used " +
              time_of(json, "used") + (json.value("in_progress", false) ? ", a lookup is in progress" : ""));
}

ExitCode run_explanation(Output& output, const CacheOptions& options, const std::string& words) {
  const auto json = ask_json(output, options, words + " " + options.domain);
  if (!json) {
    return json.error();
  }
  if (options.json) {
    output.line(json->dump(2));
  } else {
    show_explanation(output, *json);
  }
  return ExitCode::ok;
}

ExitCode run_list(Output& output, const CacheOptions& options, const Command&) {
  std::string request = "cache list";
  while (true) {
    const auto page = ask_json(output, options, request);
    if (!page) {
      return page.error();
    }
    for (const Json& entry : page->value("entries", Json::array())) {
      if (options.json) {
        output.line(entry.dump());
      } else {
        output.line(text_of(entry, "domain") + "  " + text_of(entry, "mode") + "  id " +
                    text_of(entry, "id") + "  fetched " + time_of(entry, "fetched") + "  live until " +
                    time_of(entry, "expires"));
      }
    }
    const Json next = page->value("next", Json(nullptr));
    if (!next.is_string()) {
      return ExitCode::ok;
    }
    request = "cache list " + next.get<std::string>();
  }
}

ExitCode run_purge(Output& output, const CacheOptions& options, const Command&) {
  if (options.domain.empty() == !options.all) {
    output.error(Fault{"usage-error", "name one DOMAIN, or give --all for the whole cache"});
    return ExitCode::wrong_use;
  }
  const auto json = ask_json(output, options, "cache purge " + (options.all ? "*" : options.domain));
  if (!json) {
    return json.error();
  }
  const auto purged = json->value("purged", std::int64_t{0});
  output.line(options.json ? json->dump() : "purged: " + std::to_string(purged));
  return purged > 0 || options.all ? ExitCode::ok : ExitCode::at_fault;
}

ExitCode run_stats(Output& output, const CacheOptions& options, const Command&) {
  const auto json = ask_json(output, options, "cache stats");
  if (!json) {
    return json.error();
  }
  if (options.json) {
    output.line(json->dump(2));
    return ExitCode::ok;
  }
  for (const auto& [name, value] : json->items()) {
    output.line(text::escape_for_display(name) + " " + value.dump());
  }
  return ExitCode::ok;
}

enum class Takes : std::uint8_t { nothing, domain, domain_or_all };

template <typename Run>
Command add_one(Command parent, Session& session, const char* name, const char* description, Takes takes,
                Run run) {
  const auto declare = [takes](Command command, CacheOptions& options) {
    if (takes != Takes::nothing) {
      command.option("DOMAIN", options.domain, "The mail domain").required(takes == Takes::domain);
    }
    if (takes == Takes::domain_or_all) {
      command.flag("--all", options.all, "The whole cache");
    }
    add_ask_options(command, options.ask);
    command.flag("--json", options.json, "Print JSON");
    add_config_option(command, options.config);
  };
  const auto with_config = [run](Output& output, const CacheOptions& options, Command command) {
    // The list of sockets is the resolver's; which of them to ask is asked for here alone.
    if (auto applied = apply_config_file(command, command.of_program("resolver"), options.config); !applied) {
      output.error(applied.error());
      return ExitCode::wrong_use;
    }
    return run(output, options, command);
  };
  return add_command<CacheOptions>(parent, session, name, description, declare, with_config);
}

}  // namespace

void add_explain(Command app, Session& session) {
  Command explain = add_one(app, session, "explain", "Show all that the resolver knows about a domain",
                            Takes::domain, [](Output& output, const CacheOptions& options, const Command&) {
                              return run_explanation(output, options, "explain");
                            });
  explain.footer(
      "Shows the record, the id, when the policy was fetched, and what failed. For root and the resolver's "
      "own "
      "user.\n"
      "Exit codes: 0 success, 2 usage error or not a domain, 3 the resolver does not answer.\n\n"
      "Examples:\n"
      "  mta-sts explain example.com\n"
      "  mta-sts explain --json example.com");
}

void add_cache(Command app, Session& session) {
  Command cache = app.subcommand("cache", "Show the resolver's cache, refresh it and remove domains from it");
  cache.require_subcommand();
  cache.footer(
      "For root and the resolver's own user.\n"
      "Exit codes: 0 success, 1 there was nothing to purge, 2 usage error or not a domain, 3 the resolver "
      "does "
      "not "
      "answer.\n\n"
      "Examples:\n"
      "  mta-sts cache list\n"
      "  mta-sts cache refresh example.com\n"
      "  mta-sts cache purge example.com");
  add_one(cache, session, "list", "List the domains with a policy (--json: one line each)", Takes::nothing,
          run_list);
  add_one(cache, session, "show", "Show what the cache has about a domain", Takes::domain,
          [](Output& output, const CacheOptions& options, const Command&) {
            return run_explanation(output, options, "cache show");
          });
  add_one(cache, session, "refresh", "Look up the record and fetch the policy now", Takes::domain,
          [](Output& output, const CacheOptions& options, const Command&) {
            return run_explanation(output, options, "cache refresh");
          });
  add_one(cache, session, "purge", "Remove a domain, even one with a live enforce policy",
          Takes::domain_or_all, run_purge);
  add_one(cache, session, "stats", "Print the counters", Takes::nothing, run_stats);
}

}  // namespace mta_sts::cli
