#include "outcome/tally/tally_reader.hpp"

#include <sqlite3.h>

#include <utility>

#include "outcome/session_outcome.hpp"
#include "sqlite/sqlite.hpp"

namespace mta_sts::outcome {
namespace {

constexpr int reader_busy_milliseconds = 10000;   // the writer holds it for a moment each second
constexpr std::size_t failures_at_once = 50'000;  // memory for one answer, of some 500 bytes each

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

  Result<std::vector<DomainCounts>> read(std::chrono::sys_days day, std::string_view after,
                                         std::size_t domains) override {
    return step<std::vector<DomainCounts>>([&] { return read_domains(">", day, after, domains); });
  }

  Result<DomainCounts> read_one(std::chrono::sys_days day, std::string_view domain) override {
    return step<DomainCounts>([&] {
      auto found = read_domains("=", day, domain, 1);
      return found.empty() ? DomainCounts() : std::move(found.front());
    });
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

  std::vector<DomainCounts> read_domains(const std::string& compare, std::chrono::sys_days day,
                                         std::string_view domain, std::size_t domains) {
    Statement sessions(database_.get(),
                       "SELECT session.domain, policy, success, failure, type, policy.domain, policy_string,"
                       " mx_hosts, (SELECT text FROM record WHERE record.domain=session.domain) FROM session"
                       " JOIN policy ON policy.id=policy WHERE day=?1 AND session.domain" +
                           compare + "?2 ORDER BY session.domain, policy");
    Statement failures(database_.get(),
                       "SELECT type, sending_ip, mx, helo, receiving_ip, information, reason, count"
                       " FROM failure WHERE day=?1 AND domain=?2 AND policy=?3");
    const std::int64_t number = day.time_since_epoch().count();
    std::vector<DomainCounts> found;
    std::size_t kinds = 0;
    sessions.bind(number).bind(domain);
    while (sessions.step()) {
      if (found.empty() || found.back().front().domain != sessions.text(0)) {
        if (found.size() == domains || kinds >= failures_at_once) {
          break;
        }
        found.emplace_back();
      }
      PolicyCount count = read_policy(sessions);
      count.day = day;
      failures.bind(number).bind(count.domain).bind(sessions.integer(1));
      while (failures.step()) {
        count.failures.emplace(read_failure(failures), failures.count(7));
      }
      failures.reset();
      kinds += count.failures.size();
      found.back().push_back(std::move(count));
    }
    return found;
  }

  static PolicyCount read_policy(const Statement& row) {
    PolicyCount count{.day = {},
                      .domain = std::string(row.text(0)),
                      .record = std::string(row.text(8)),
                      .policy = {},
                      .success = row.count(2),
                      .failure = row.count(3),
                      .failures = {}};
    count.policy.type = static_cast<PolicyType>(row.integer(4));
    count.policy.domain = row.text(5);
    count.policy.policy_string = lines_of(row.text(6));
    count.policy.mx_hosts = lines_of(row.text(7));
    return count;
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
