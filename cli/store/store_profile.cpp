#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/utf8.hpp"
#include "cli/store/opened_store.hpp"
#include "cli/store/store_commands.hpp"
#include "cli/store/stored_words.hpp"
#include "store/writer.hpp"

namespace mta_sts::cli {
namespace {

using Json = nlohmann::ordered_json;

store::StoreError no_profile(const std::string& name) {
  return {store::StoreErrorCode::no_profile, "there is no profile " + text::quote_for_display(name)};
}

ExitCode remove_profile(Output& output, const StoreOptions& options) {
  auto writer = store::StoreWriter::begin(options.path, store::Creation::never, 0);
  if (!writer) {
    return report_store_error(output, writer.error());
  }
  const auto removed = writer->remove(store::Owner::profile, options.name, SystemClock().now());
  if (!removed || !*removed) {
    return report_store_error(output, removed ? no_profile(options.name) : removed.error());
  }
  if (const auto committed = writer->commit(); !committed) {
    return report_store_error(output, committed.error());
  }
  output.line(options.json ? Json{{"profile", options.name}, {"removed", true}}.dump()
                           : options.name + ": removed");
  return ExitCode::ok;
}

ExitCode list_profiles(Output& output, const StoreOptions& options) {
  const auto opened = open_store(output, options);
  if (!opened) {
    return opened.error();
  }
  const auto listed = store::for_each_record(
      opened->snapshot, opened->snapshot.profiles,
      [&](std::string_view name, const store::RecordView& record) {
        const Json object{{"profile", name}, {"mode", to_string(record.mode)}, {"id", record.id}};
        output.line(options.json ? object.dump(-1, ' ', true)
                                 : std::string(name) + " " + std::string(to_string(record.mode)) + " " +
                                       std::string(record.id));
        return true;
      });
  return listed ? ExitCode::ok : report_store_error(output, listed.error());
}

ExitCode print_profile(Output& output, const StoreOptions& options) {
  const auto opened = open_store(output, options);
  if (!opened) {
    return opened.error();
  }
  const auto record = store::find_profile(opened->snapshot, options.name);
  const auto periods = store::periods_of_profile(opened->snapshot, options.name);
  if (!record || !periods || !*record) {
    return report_store_error(output, !record    ? record.error()
                                      : !periods ? periods.error()
                                                 : no_profile(options.name));
  }
  if (!options.json) {
    output.text((*record)->text);
    return ExitCode::ok;
  }
  Json object{{"profile", options.name}, {"id", (*record)->id}, {"policy", (*record)->text}};
  object["history"] = Json::array();
  for (const store::ServedPeriod& period : *periods) {
    Json each;
    add_period(each, period);
    object["history"].push_back(std::move(each));
  }
  output.line(object.dump(2, ' ', true));
  return ExitCode::ok;
}

ExitCode run_store_profile(Output& output, const StoreOptions& options, const Command&) {
  if (options.name.empty() && !options.remove) {
    return list_profiles(output, options);
  }
  if (!read_profile_name(output, options.name)) {
    return ExitCode::wrong_use;
  }
  if (options.remove && !options.words.empty()) {
    output.error(Fault{"usage-error", "--remove takes no words; see 'mta-sts store profile --help'"});
    return ExitCode::wrong_use;
  }
  if (options.remove) {
    return remove_profile(output, options);
  }
  return options.words.empty() ? print_profile(output, options)
                               : store_words(output, options, store::Owner::profile, options.name);
}

}  // namespace

void add_store_profile(Command store, Session& session) {
  const auto declare = [](Command command, StoreOptions& options) {
    command.option("NAME", options.name, "The profile").by_default("all are listed");
    command.option("WORDS", options.words, "Its policy, in the words of 'mta-sts store set'")
        .by_default("it is printed");
    command.flag("--remove", options.remove, "Remove the profile, if no domain uses it");
    declare_store(command, options);
    command.flag("--json", options.json, "Print one JSON object, or one per line for the list");
    command.footer(
        "A profile is one policy for many domains. A change of the profile changes the policy of all its "
        "domains at once.\n"
        "Exit codes: 0 success, 1 the policy's file is not valid, the profile is not there or is used, 2 "
        "usage "
        "error,\n"
        "unreadable file or store, 3 the store is busy or its disk is full.\n\n"
        "Examples:\n"
        "  mta-sts store profile hosted enforce mx=mx1.example.net mx=mx2.example.net\n"
        "  mta-sts store profile");
  };
  add_command<StoreOptions>(store, session, "profile", "Store, print, list or remove profiles", declare,
                            run_store_profile);
}

}  // namespace mta_sts::cli
