#include <nlohmann/json.hpp>
#include <optional>

#include "base/clock.hpp"
#include "cli/policy/words.hpp"
#include "cli/store/opened_store.hpp"
#include "cli/store/store_commands.hpp"
#include "cli/store/stored_words.hpp"

namespace mta_sts::cli {
namespace {

// Exactly one of the three says what the domain has.
bool says_one_thing(Output& output, const StoreOptions& options) {
  const int said = int{!options.words.empty()} + int{!options.profile.empty()} + int{!options.alias.empty()};
  if (said != 1) {
    output.error(Fault{"usage-error",
                       "give the words of a policy, --profile or --alias; see 'mta-sts store set --help'"});
  }
  return said == 1;
}

ExitCode run_store_set(Output& output, const StoreOptions& options, const Command&) {
  const auto domain = read_stored_domain(output, options.domain);
  if (!domain || !says_one_thing(output, options)) {
    return ExitCode::wrong_use;
  }
  if (!options.words.empty()) {
    return store_words(output, options, store::Owner::domain, *domain);
  }
  const bool is_alias = !options.alias.empty();
  const auto target =
      is_alias ? read_stored_domain(output, options.alias) : read_profile_name(output, options.profile);
  if (!target) {
    return ExitCode::wrong_use;
  }
  store::RecordView record;
  record.kind = is_alias ? store::RecordKind::alias : store::RecordKind::profile;
  record.since = SystemClock().now();
  record.text = *target;
  return store_record(output, options, store::Owner::domain, *domain, record);
}

}  // namespace

void add_store_set(Command store, Session& session) {
  const auto declare = [](Command command, StoreOptions& options) {
    command.option("DOMAIN", options.domain, "The mail domain").required();
    command.option("WORDS", options.words,
                   "Its policy, in the words of a web server's directive: enforce|testing|none, mx=PATTERN "
                   "(repeatable), max_age=SECONDS|Nd|Nw, serial=N; or file=PATH");
    command.option("--profile NAME", options.profile,
                   "Use the policy of this profile, with all later changes");
    command.option("--alias DOMAIN", options.alias,
                   "Make it an alias, which always has the policy of that domain");
    declare_store(command, options);
    command.flag("--json", options.json, "Print one JSON object, which says whether the store changed");
    command.footer(
        "Creates the store if it does not exist. The former policy is kept in the history. To store the same "
        "policy again\n"
        "changes nothing.\n"
        "Exit codes: 0 success, 1 the policy's file is not valid, or there is no such profile or domain, 2 "
        "usage "
        "error,\n"
        "unreadable file or store, 3 the store is busy or its disk is full.\n\n"
        "Examples:\n"
        "  mta-sts store set example.com testing mx=mail.example.com\n"
        "  mta-sts store set example.net --alias example.com");
  };
  add_command<StoreOptions>(store, session, "set", "Store the policy of a domain", declare, run_store_set);
}

}  // namespace mta_sts::cli
