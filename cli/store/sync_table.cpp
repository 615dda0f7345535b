#include "cli/store/sync_table.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "cli/store/opened_store.hpp"

namespace mta_sts::cli {
namespace {

using postgres::ResultRows;

// A row's words may be 64 KiB.
constexpr std::size_t rows_at_once = 1000;
constexpr std::size_t gone_limit = 100;
constexpr std::size_t name_limit_bytes = 253;

// Names of other schemas are none of ours. Nothing that the server does for us takes long.
constexpr const char* settings =
    "SELECT pg_catalog.set_config('search_path', 'pg_catalog', false), "
    "pg_catalog.set_config('statement_timeout', '60s', false), pg_catalog.set_config('lock_timeout', '20s', "
    "false), "
    "pg_catalog.set_config('idle_in_transaction_session_timeout', '10min', false), "
    "pg_catalog.set_config('default_transaction_read_only', 'on', false), pg_catalog.pg_is_in_recovery()";

// Before the snapshot is taken: to one of before a TRUNCATE that is complete the table is empty. In the order
// in which a panel empties them.
constexpr const char* lock = "LOCK TABLE mta_sts.domain, mta_sts.profile IN ACCESS SHARE MODE";

// Written by a transaction that the snapshot does not see. One of a number that this server has not reached
// came with a copy of the table, and a look at all rows sees it.
constexpr const char* is_unseen =
    " WHERE changed >= pg_snapshot_xmin($1::pg_snapshot) AND NOT pg_visible_in_snapshot(changed, "
    "$1::pg_snapshot)"
    " AND changed < pg_snapshot_xmax(pg_current_snapshot())";

// What is longer than any right value is refused for its length, and not fetched: names are cut, and in the
// place of words, the beginning of which may be right, are others that are too long.
constexpr const char* profile_rows =
    "DECLARE sync NO SCROLL CURSOR FOR SELECT left(profile::text, 300), "
    "CASE WHEN octet_length(words::text) > 65536 THEN repeat(' ', 65537) ELSE words::text END, NULL, NULL "
    "FROM mta_sts.profile";
constexpr const char* domain_rows =
    "DECLARE sync NO SCROLL CURSOR FOR SELECT left(domain::text, 300), "
    "CASE WHEN octet_length(words::text) > 65536 THEN repeat(' ', 65537) ELSE words::text END, "
    "left(profile::text, 300), left(alias::text, 300) FROM mta_sts.domain";

std::unexpected<SyncFault> fault_of(const Fault& fault) {
  const bool is_temporary = fault.word.text() == "database-unreachable";
  return std::unexpected(SyncFault{.word = fault.word.text(),
                                   .detail = fault.detail,
                                   .exit_code = is_temporary ? ExitCode::temporary : ExitCode::wrong_use});
}

std::unexpected<SyncFault> fault_of(const store::StoreError& error) {
  return std::unexpected(SyncFault{
      .word = to_string(error.code), .detail = error.detail, .exit_code = exit_code_of(error.code)});
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= name_limit_bytes && std::ranges::all_of(text, [](char c) {
    return ascii::is_lower(c) || ascii::is_digit(c) || c == '.' || c == '-';
  });
}

}  // namespace

std::expected<SyncTable, SyncFault> SyncTable::open(const std::string& where,
                                                    postgres::ServerPatience patience,
                                                    std::function<void()> on_step) {
  auto connection = postgres::ServerConnection::open(where, patience);
  if (!connection) {
    return fault_of(connection.error());
  }
  const auto set = connection->run(settings);
  if (!set) {
    return fault_of(set.error());
  }
  if (set->text(0, 5) != "f") {
    // It knows neither LISTEN nor which transactions are complete.
    return fault_of(Fault{"database-standby", "the server is a standby; name the primary server"});
  }
  if (const auto listening = connection->run("LISTEN mta_sts"); !listening) {
    return fault_of(listening.error());
  }
  on_step();
  return SyncTable(*std::move(connection), std::move(on_step));
}

// Gives the snapshot that the transaction sees.
std::expected<std::string, SyncFault> SyncTable::begin() {
  if (const auto begun = connection_.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); !begun) {
    return fault_of(begun.error());
  }
  if (const auto locked = connection_.run(lock); !locked) {
    return fault_of(locked.error());
  }
  const auto snapshot = connection_.run("SELECT pg_current_snapshot()::text");
  if (!snapshot) {
    return fault_of(snapshot.error());
  }
  return std::string(snapshot->text(0, 0).value_or(""));
}

SyncTable::Result SyncTable::end() {
  const auto ended = connection_.run("COMMIT");
  return ended ? Result() : fault_of(ended.error());
}

SyncTable::Result SyncTable::read_rows(store::Owner owner, const std::string& condition,
                                       const std::vector<std::string>& parameters, const TakeRows& take) {
  const bool is_profile = owner == store::Owner::profile;
  const std::string declare = (is_profile ? profile_rows : domain_rows) + condition + " ORDER BY " +
                              (is_profile ? "profile" : "domain") + " COLLATE \"C\"";
  if (const auto declared = connection_.run(declare, parameters); !declared) {
    return fault_of(declared.error());
  }
  const std::string fetch = "FETCH " + std::to_string(rows_at_once) + " FROM sync";
  for (bool is_last = false; !is_last;) {
    const auto fetched = connection_.run(fetch);
    if (!fetched) {
      return fault_of(fetched.error());
    }
    is_last = fetched->size() < rows_at_once;
    std::vector<store::EntryRowView> rows;
    rows.reserve(fetched->size());
    for (std::size_t at = 0; at < fetched->size(); ++at) {
      rows.push_back({.owner = owner,
                      .name = fetched->text(at, 0).value_or(""),
                      .words = fetched->text(at, 1),
                      .profile = fetched->text(at, 2),
                      .alias = fetched->text(at, 3)});
    }
    if (const auto taken = take(rows, is_last); !taken) {
      return fault_of(taken.error());
    }
    on_step_();
  }
  const auto closed = connection_.run("CLOSE sync");
  return closed ? Result() : fault_of(closed.error());
}

SyncTable::Result SyncTable::compare_all(sync::TableSync& sync) {
  // Whatever is told from now on may have happened after the snapshot.
  needs_comparison_ = false;
  gone_.clear();
  const auto snapshot = begin();
  if (!snapshot) {
    return std::unexpected(snapshot.error());
  }
  if (const auto begun = sync.begin_comparison(); !begun) {
    return fault_of(begun.error());
  }
  for (const store::Owner owner : {store::Owner::profile, store::Owner::domain}) {
    const auto compared =
        read_rows(owner, "", {}, [&sync, owner](std::span<const store::EntryRowView> rows, bool is_last) {
          return sync.compare(owner, rows, is_last);
        });
    if (!compared) {
      return compared;
    }
  }
  if (auto ended = end(); !ended) {
    return ended;
  }
  if (const auto ended = sync.end_comparison(); !ended) {
    return fault_of(ended.error());
  }
  seen_ = *snapshot;
  return {};
}

std::expected<std::vector<std::string>, SyncFault> SyncTable::names_that_are_gone() {
  if (gone_.empty()) {
    return std::vector<std::string>();
  }
  std::string list = "{";
  for (const std::string& name : std::exchange(gone_, {})) {
    list.append(list.size() > 1 ? "," : "").append(name);
  }
  const std::vector<std::string> parameters{list + "}"};
  const auto found = connection_.run(
      "SELECT DISTINCT name FROM unnest($1::text[]) AS name WHERE NOT EXISTS "
      "(SELECT FROM mta_sts.domain WHERE domain::text = name)",
      parameters);
  if (!found) {
    return fault_of(found.error());
  }
  std::vector<std::string> names;
  for (std::size_t at = 0; at < found->size(); ++at) {
    names.emplace_back(found->text(at, 0).value_or(""));
  }
  return names;
}

SyncTable::Result SyncTable::read_changes(sync::TableSync& sync) {
  const auto snapshot = begin();
  if (!snapshot) {
    return std::unexpected(snapshot.error());
  }
  auto gone = names_that_are_gone();
  if (!gone) {
    return std::unexpected(gone.error());
  }
  for (const store::Owner owner : {store::Owner::profile, store::Owner::domain}) {
    const auto stored =
        read_rows(owner, is_unseen, {seen_},
                  [&sync](std::span<const store::EntryRowView> rows, bool) { return sync.store_rows(rows); });
    if (!stored) {
      return stored;
    }
  }
  if (auto ended = end(); !ended) {
    return ended;
  }
  if (const auto withdrawn = sync.withdraw_gone(*std::move(gone)); !withdrawn) {
    return fault_of(withdrawn.error());
  }
  if (const auto ended = sync.end_changes(); !ended) {
    return fault_of(ended.error());
  }
  needs_comparison_ = needs_comparison_ || sync.needs_comparison();
  seen_ = *snapshot;
  return {};
}

SyncTable::Result SyncTable::wait(std::chrono::milliseconds limit) {
  const auto payloads = connection_.notifications(limit);
  if (!payloads) {
    return fault_of(payloads.error());
  }
  for (const std::string& payload : *payloads) {
    take_payload(payload);
  }
  on_step_();
  return {};
}

// Whoever may connect to the database may notify: what is told is looked up before it is believed.
void SyncTable::take_payload(std::string_view payload) {
  text::Cursor cursor(payload);
  while (!cursor.at_end()) {
    const std::string_view name = cursor.take_while([](char c) { return c != ' '; });
    cursor.take(' ');
    if (!is_name(name) || gone_.size() >= gone_limit) {
      needs_comparison_ = true;
      return;
    }
    gone_.emplace_back(name);
  }
}

}  // namespace mta_sts::cli
