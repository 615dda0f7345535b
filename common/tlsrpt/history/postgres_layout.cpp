#include "tlsrpt/history/postgres_layout.hpp"

#include <array>
#include <utility>

#include "base/enum_names.hpp"
#include "base/number.hpp"
#include "base/utf8.hpp"
#include "tlsrpt/history/rows.hpp"

namespace mta_sts::tlsrpt {
namespace {

using postgres::ServerConnection;

constexpr std::uint64_t postgres_layout_version = 1;

// A summary of tens of millions of rows takes its time.
constexpr postgres::ServerPatience patience{.connect = std::chrono::seconds(10),
                                            .answer = std::chrono::seconds(120),
                                            .whole = std::chrono::seconds(600)};

// All rows of a cursor are wanted. No name of another schema is meant by ours, and none of ours by a
// temporary table of the same name. What a statement of an import waits for is the batch of another one.
constexpr const char* settings =
    "SELECT pg_catalog.set_config('search_path', 'pg_catalog, mta_sts_tlsrpt, pg_temp', false), "
    "pg_catalog.set_config('statement_timeout', '10min', false), "
    "pg_catalog.set_config('lock_timeout', '10s', false), "
    "pg_catalog.set_config('jit', 'off', false), "
    "pg_catalog.set_config('cursor_tuple_fraction', '1', false), "
    "pg_catalog.set_config('default_transaction_read_only', $1, false), "
    "pg_catalog.current_setting('server_encoding'), "
    "pg_catalog.to_regnamespace('mta_sts_tlsrpt') IS NOT NULL";
constexpr int encoding_at = 6;
constexpr int schema_at = 7;

std::string server_fix(HistoryErrorCode code) {
  using enum HistoryErrorCode;
  static constexpr auto words = enum_names<HistoryErrorCode>({
      {unavailable, "look what its role may do"},
      {unreachable, "try again"},
      {busy, "another program holds it; try again"},
      {full, "make room on the disk of the server, or prune the history"},
      {damaged, "look into the log of the server"},
      {newer, "a newer mta-sts made it; use that one"},
      {foreign, "name another database with --db"},
  });
  return std::string(words[code]);
}

HistoryError server_error(const std::string& address, HistoryErrorCode code, const std::string& what) {
  return {code, text::escape_for_display(address) + ": " + what + "; " + server_fix(code)};
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
HistoryErrorCode code_of(std::string_view state) {
  if (state == "53100") {
    return HistoryErrorCode::full;
  }
  if (state.starts_with("XX") || state.starts_with("23")) {  // 23: a row that the tables do not allow
    return HistoryErrorCode::damaged;
  }
  const bool is_temporary = state.starts_with("40") || state.starts_with("53") || state.starts_with("55") ||
                            state == "57014";  // rolled back, out of resources, locked, or over its time
  return is_temporary ? HistoryErrorCode::busy : HistoryErrorCode::unavailable;
}

// 42501 is of a right that is missing; 42P01 and 42703 of a table and a column.
bool is_missing(std::string_view state) {
  return state == "42P01" || state == "42703";
}

std::string none_of(std::string_view columns, const char* table) {
  return "SELECT " + std::string(columns) + " FROM " + table + " LIMIT 0";
}

// Another program may have a schema of the same name.
std::expected<bool, HistoryError> has_tables(ServerConnection& connection, const std::string& address) {
  for (const std::string& sql :
       {none_of("id, " + std::string(report_columns), "report"), none_of(session_columns, "session"),
        none_of(failure_columns, "failure"), none_of("mark, " + std::string(conflict_columns), "conflict"),
        none_of("id, domain, target, days, expects_reports, judged", "watch"),
        none_of("watch, kind, subject, told, seen", "standing")}) {
    if (const auto found = connection.run(sql); !found) {
      if (is_missing(connection.state())) {
        return false;
      }
      return std::unexpected(postgres_error(address, found.error(), connection.state()));
    }
  }
  return true;
}

std::expected<void, HistoryError> judge_layout(ServerConnection& connection, const std::string& address) {
  const auto foreign = [&] {
    return std::unexpected(
        server_error(address, HistoryErrorCode::foreign,
                     "its schema mta_sts_tlsrpt is no history of TLS reports, and is left as "
                     "it is"));
  };
  const auto layout = connection.run("SELECT version FROM mta_sts_tlsrpt.layout LIMIT 2");
  if (!layout && !is_missing(connection.state())) {
    return std::unexpected(postgres_error(address, layout.error(), connection.state()));
  }
  const auto version = layout && layout->size() == 1
                           ? text::parse_decimal(layout->text(0, 0).value_or(""), INT32_MAX)
                           : std::nullopt;
  if (!version || *version == 0) {
    return foreign();
  }
  if (*version > postgres_layout_version) {
    return std::unexpected(
        server_error(address, HistoryErrorCode::newer, "its layout has version " + std::to_string(*version)));
  }
  const auto is_history = has_tables(connection, address);
  if (!is_history) {
    return std::unexpected(is_history.error());
  }
  return *is_history ? std::expected<void, HistoryError>() : foreign();
}

}  // namespace

HistoryError postgres_error(const std::string& address, const Fault& fault, std::string_view state) {
  const bool is_refused = fault.word.text() == "database-refused";
  return server_error(address, is_refused ? code_of(state) : HistoryErrorCode::unreachable, fault.detail);
}

std::expected<ServerConnection, HistoryError> open_postgres_layout(const std::string& address,
                                                                   HistoryAccess access) {
  if (const std::string fault = postgres::fault_of_connection_string(address); !fault.empty()) {
    return std::unexpected(
        HistoryError{HistoryErrorCode::unavailable, "the address of the history " + fault});
  }
  auto connection = ServerConnection::open(address, patience);
  if (!connection) {
    return std::unexpected(postgres_error(address, connection.error(), ""));
  }
  const std::array<std::string, 1> read_only = {access == HistoryAccess::read ? "on" : "off"};
  const auto set = connection->run(settings, read_only);
  if (!set) {
    return std::unexpected(postgres_error(address, set.error(), connection->state()));
  }
  if (set->text(0, encoding_at) != "UTF8") {
    return std::unexpected(HistoryError{
        HistoryErrorCode::unavailable, text::escape_for_display(address) +
                                           ": the encoding of the database is not UTF8; make one with that"});
  }
  if (set->text(0, schema_at) != "t") {
    return std::unexpected(
        HistoryError{HistoryErrorCode::unavailable,
                     text::escape_for_display(address) +
                         ": there is no history yet; let an administrator load mta-sts-tlsrpt.sql into this "
                         "database, or name another one with --db"});
  }
  if (const auto judged = judge_layout(*connection, address); !judged) {
    return std::unexpected(judged.error());
  }
  return *std::move(connection);
}

}  // namespace mta_sts::tlsrpt
