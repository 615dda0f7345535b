#include <nlohmann/json.hpp>
#include <vector>

#include "base/clock.hpp"
#include "base/utc_time.hpp"
#include "base/utf8.hpp"
#include "cli/store/opened_store.hpp"
#include "cli/store/store_commands.hpp"
#include "store/writer.hpp"

namespace mta_sts::cli {
namespace {

// Mail waits at senders that hold a policy whose host no longer answers as it says.
ExitCode show_removed(Output& output, const StoreOptions& options, const std::vector<std::string>& domains) {
  const auto opened = open_store(output, options);
  if (!opened) {
    return opened.error();
  }
  nlohmann::ordered_json removed = nlohmann::ordered_json::array();
  for (const std::string& domain : domains) {
    const auto periods = store::periods_of_domain(opened->snapshot, domain);
    if (!periods) {
      return report_store_error(output, periods.error());
    }
    const store::Holding holding = store::holding_of(*periods, SystemClock().now());
    if (options.json) {
      removed.push_back({{"domain", domain}, {"held_until", iso_text(holding.until)}});
    } else {
      output.line(domain + ": removed; senders may hold its policy until " + utc_text(holding.until));
    }
  }
  if (options.json) {
    output.line(removed.dump(-1, ' ', true));
  }
  return ExitCode::ok;
}

ExitCode run_store_remove(Output& output, const StoreOptions& options, const Command&) {
  std::vector<std::string> domains;
  for (const std::string& word : options.domains) {
    auto domain = read_stored_domain(output, word);
    if (!domain) {
      return ExitCode::wrong_use;
    }
    domains.push_back(*std::move(domain));
  }
  auto writer = store::StoreWriter::begin(options.path, store::Creation::never, 0);
  if (!writer) {
    return report_store_error(output, writer.error());
  }
  for (const std::string& domain : domains) {
    const auto removed = writer->remove(store::Owner::domain, domain, SystemClock().now());
    if (!removed) {
      return report_store_error(output, removed.error());
    }
    if (!*removed) {
      return report_store_error(
          output, {store::StoreErrorCode::no_domain,
                   text::quote_for_display(domain, 253) + " is not in the store; nothing was removed"});
    }
  }
  if (const auto committed = writer->commit(); !committed) {
    return report_store_error(output, committed.error());
  }
  writer = std::unexpected(store::StoreError{});  // a process opens a store once
  return show_removed(output, options, domains);
}

}  // namespace

void add_store_remove(Command store, Session& session) {
  const auto declare = [](Command command, StoreOptions& options) {
    command.option("DOMAIN", options.domains, "The mail domains: all are removed, or none").required();
    declare_store(command, options);
    command.flag("--json", options.json, "Print an array with an object for each domain");
    command.footer(
        "Senders keep a policy for its max_age, also when it is no longer served. To withdraw one safely, "
        "use\n"
        "'mta-sts publish DOMAIN --remove': it stores mode none first and removes the domain when no sender "
        "can "
        "hold an\n"
        "older policy. The history stays.\n"
        "Exit codes: 0 success, 1 a domain is not in the store or others are aliases of it, 2 usage error or "
        "unreadable\n"
        "store, 3 the store is busy or its disk is full.\n\n"
        "Example:\n"
        "  mta-sts store remove example.com");
  };
  add_command<StoreOptions>(store, session, "remove", "Remove domains", declare, run_store_remove);
}

}  // namespace mta_sts::cli
