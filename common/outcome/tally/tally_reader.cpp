#include "outcome/tally/tally_reader.hpp"

#include <sqlite3.h>

#include <utility>

#include "outcome/session_outcome.hpp"
#include "sqlite/sqlite.hpp"

namespace mta_sts::outcome {
namespace {

constexpr int reader_busy_milliseconds = 10000;  // the writer holds it for a moment each second
constexpr std::size_t text_limit_bytes = std::size_t{8} * 1024 * 1024;  // of a domain; a report has 5 MB

std::int64_t day_number_of(std::chrono::sys_days day) {
  return day.time_since_epoch().count();
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

SessionFailure read_failure(const Statement& row) {
  return {
      .type =
          result_type_of(static_cast<std::uint64_t>(row.integer(0))).value_or(ResultType::validation_failure),
      .sending_ip = std::string(row.text(1)),
      .mx = std::string(row.text(2)),
      .helo = std::string(row.text(3)),
      .receiving_ip = std::string(row.text(4)),
      .additional_information = std::string(row.text(5)),
      .reason_code = std::string(row.text(6))};
}

class SqliteTallyReader final : public TallyReader {
 public:
  SqliteTallyReader(SqliteDatabase database, std::string path)
      : database_(std::move(database)), path_(std::move(path)) {}

  Result<std::vector<std::string>> names(std::chrono::sys_days day, std::string_view after,
                                         std::size_t most) override {
    return step<std::vector<std::string>>([&] {
      Statement statement(
          database_.get(),
          "SELECT DISTINCT domain FROM session WHERE day=?1 AND domain>?2 ORDER BY domain LIMIT ?3");
      statement.bind(day_number_of(day)).bind(after).bind(static_cast<std::int64_t>(most));
      std::vector<std::string> found;
      while (statement.step()) {
        found.emplace_back(statement.text(0));
      }
      return found;
    });
  }

  Result<std::string> unique_id(std::chrono::sys_days day) override {
    return step<std::string>([&] {
      Statement statement(database_.get(), "SELECT unique_id FROM day WHERE day=?1");
      statement.bind(day_number_of(day));
      return statement.step() ? std::string(statement.text(0)) : std::string();
    });
  }

  Result<DomainCounts> read(std::chrono::sys_days day, std::string_view domain) override {
    return step<DomainCounts>([&] { return read_domain(day, domain); });
  }

 private:
  template <typename T, typename Body>
  Result<T> step(Body body) {
    try {
      T found;
      in_transaction(database_.get(), [&] { found = body(); }, "BEGIN");
      return found;
    } catch (const SqliteFailure& failure) {
      return std::unexpected(tally_error(path_, failure));
    }
  }

  DomainCounts read_domain(std::chrono::sys_days day, std::string_view domain) {
    Statement sessions(database_.get(),
                       "SELECT policy, success, failure, type, policy.domain, policy_string, mx_hosts,"
                       " (SELECT text FROM record WHERE record.domain=session.domain) FROM session"
                       " JOIN policy ON policy.id=policy WHERE day=?1 AND session.domain=?2 ORDER BY policy");
    Statement failures(database_.get(),
                       "SELECT type, sending_ip, mx, helo, receiving_ip, information, reason, count"
                       " FROM failure WHERE day=?1 AND domain=?2 AND policy=?3 ORDER BY count DESC");
    DomainCounts counts;
    std::size_t left = text_limit_bytes;
    sessions.bind(day_number_of(day)).bind(domain);
    while (sessions.step()) {
      PolicyCount& count = counts.emplace_back();
      count.day = day;
      count.domain = domain;
      read_policy(sessions, count, left);
      failures.bind(day_number_of(day)).bind(domain).bind(sessions.integer(0));
      read_failures(failures, count, left);
    }
    return counts;
  }

  static void read_policy(const Statement& row, PolicyCount& count, std::size_t& left) {
    count.success = row.count(1);
    count.failure = row.count(2);
    count.policy.type = static_cast<PolicyType>(row.integer(3));
    count.policy.domain = row.text(4);
    count.record = row.text(7);
    if (take(left, row.text(5).size() + row.text(6).size())) {
      count.policy.policy_string = lines_of(row.text(5));
      count.policy.mx_hosts = lines_of(row.text(6));
    } else {
      ++count.unread;
    }
  }

  static void read_failures(Statement& rows, PolicyCount& count, std::size_t& left) {
    while (rows.step()) {
      constexpr std::size_t bytes_of_row = 300;  // beside its texts
      std::size_t bytes = bytes_of_row;
      for (int text = 1; text <= 6; ++text) {
        bytes += rows.text(text).size();
      }
      if (take(left, bytes)) {
        count.failures.emplace(read_failure(rows), rows.count(7));
      } else {
        ++count.unread;
      }
    }
    rows.reset();
  }

  // Takes so much of what is left; false where that is less.
  static bool take(std::size_t& left, std::size_t bytes) {
    if (bytes > left) {
      return false;
    }
    left -= bytes;
    return true;
  }

  SqliteDatabase database_;
  std::string path_;
};

}  // namespace

TallyReader::Result<std::unique_ptr<TallyReader>> TallyReader::open(const std::string& path) {
  try {
    // Not read-only: the first to open a file of a writer that has ended makes SQLite's side files anew.
    SqliteDatabase database =
        open_database(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, reader_busy_milliseconds);
    if (!is_tally(database.get())) {
      return std::unexpected(foreign_tally(path));
    }
    execute(database.get(), "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;");
    return std::make_unique<SqliteTallyReader>(std::move(database), path);
  } catch (const SqliteFailure& failure) {
    return std::unexpected(tally_error(path, failure));
  }
}

}  // namespace mta_sts::outcome
