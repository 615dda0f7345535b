#include "postgres/postgres.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "base/guarded.hpp"
#include "base/handle.hpp"
#include "base/number.hpp"
#include "base/utf8.hpp"

namespace mta_sts::postgres {
namespace {

constexpr int version_least = 130000;  // xid8 and its functions
constexpr std::size_t notified_most = 1000;
constexpr std::size_t greetings_most = 100;  // notices before the server has let us in

// Its messages have several lines, with tabs at the beginning of some, and end with one.
std::string shown(std::string_view message) {
  std::string line;
  for (const char c : message) {
    if (c == '\n') {
      line += "; ";
    } else if (c != '\t') {
      line += c;
    }
  }
  while (line.ends_with("; ")) {
    line.resize(line.size() - 2);
  }
  return text::escape_for_display(line, 400);
}

std::unexpected<Fault> unreachable(std::string detail) {
  return std::unexpected(Fault{"database-unreachable", std::move(detail)});
}

// What a statement, or the end of a connection, is refused with.
std::string said_by_server(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const char* hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
  std::string message = primary == nullptr ? PQresultErrorMessage(result) : primary;
  if (hint != nullptr) {
    message.append("; ").append(hint);
  }
  return shown(message) + (state == nullptr ? std::string() : " (SQLSTATE " + std::string(state) + ")");
}

}  // namespace

struct ServerConnection::Held {
  Handle<PGconn, PQfinish> connection;
  std::string last_words;  ///< what the server said as it ended the connection
  std::string state;       ///< of what was refused last
  std::size_t greetings_left = greetings_most;

  void take_notice(const PGresult* notice);
};

// An idle connection's end is told by one.
void ServerConnection::Held::take_notice(const PGresult* notice) {
  const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity != nullptr && std::string_view(severity) == "FATAL") {
    last_words = said_by_server(notice);
  }
  // While libpq connects, its limit is one of waiting.
  if (PQstatus(connection.get()) != CONNECTION_OK && (greetings_left == 0 || --greetings_left == 0)) {
    ::shutdown(PQsocket(connection.get()), SHUT_RDWR);
  }
}

std::size_t ResultRows::size() const {
  return static_cast<std::size_t>(PQntuples(result_.get()));
}

std::optional<std::string_view> ResultRows::text(std::size_t row, int column) const {
  const PGresult* result = result_.get();
  const int at = static_cast<int>(row);
  if (PQgetisnull(result, at, column) != 0) {
    return std::nullopt;
  }
  return std::string_view(PQgetvalue(result, at, column),
                          static_cast<std::size_t>(PQgetlength(result, at, column)));
}

std::size_t ResultRows::changed() const {
  const char* digits = PQcmdTuples(const_cast<pg_result*>(result_.get()));  // which it only reads
  return static_cast<std::size_t>(text::parse_decimal(digits, SIZE_MAX).value_or(0));
}

std::expected<ServerConnection, Fault> ServerConnection::open(const std::string& where,
                                                              ServerPatience patience) {
  const std::string seconds = std::to_string(patience.connect.count());
  const std::string silence = std::to_string(patience.answer.count() * 1000);
  // What stands before dbname holds where the connection string says nothing else. SQL_ASCII: nothing is
  // converted, or one character that UTF-8 lacks would be in the way of all rows.
  const std::array<std::pair<const char*, const char*>, 8> words{{{"fallback_application_name", "mta-sts"},
                                                                  {"connect_timeout", seconds.c_str()},
                                                                  {"keepalives_idle", "30"},
                                                                  {"keepalives_interval", "10"},
                                                                  {"keepalives_count", "3"},
                                                                  {"tcp_user_timeout", silence.c_str()},
                                                                  {"dbname", where.c_str()},
                                                                  {"client_encoding", "SQL_ASCII"}}};
  std::array<const char*, words.size() + 1> keys{};
  std::array<const char*, words.size() + 1> values{};
  for (std::size_t at = 0; at < words.size(); ++at) {
    keys.at(at) = words.at(at).first;
    values.at(at) = words.at(at).second;
  }
  const auto held = std::make_shared<Held>();
  held->connection.reset(PQconnectStartParams(keys.data(), values.data(), 1));
  PGconn* connection = held->connection.get();
  if (connection == nullptr) {
    return unreachable("there is no memory for a connection");
  }
  // libpq prints notices, the first of which come before PQconnectdbParams() gives what this is set for.
  // PQreset() begins anew, with the limit for each host.
  const auto on_notice = [](void* told, const PGresult* notice) {
    guarded_void([&] { static_cast<Held*>(told)->take_notice(notice); });
  };
  PQsetNoticeReceiver(connection, on_notice, held.get());
  PQreset(connection);
  ServerConnection opened(held, patience);
  if (PQstatus(connection) != CONNECTION_OK) {
    return opened.lost();
  }
  if (PQserverVersion(connection) < version_least) {
    return std::unexpected(Fault{"database-refused", "the server is older than PostgreSQL 13"});
  }
  if (PQsetnonblocking(connection, 1) != 0) {
    return opened.lost();
  }
  return opened;
}

std::unexpected<Fault> ServerConnection::lost() const {
  if (!held_->last_words.empty()) {
    return unreachable("the server ended the connection: " + held_->last_words);
  }
  const std::string message = shown(PQerrorMessage(held_->connection.get()));
  return unreachable(message.empty() ? "the server closed the connection" : message);
}

std::unexpected<Fault> ServerConnection::silent() const {
  return unreachable("the server has been silent for " + std::to_string(patience_.answer.count()) + " s");
}

// Waits for the socket, the time from anew; false where it is over.
std::expected<bool, Fault> ServerConnection::wait(short events, std::chrono::milliseconds limit) const {
  pollfd socket{.fd = PQsocket(held_->connection.get()), .events = events, .revents = 0};
  if (socket.fd < 0) {
    return lost();
  }
  const int ready = ::poll(&socket, 1, static_cast<int>(limit.count()));
  if (ready < 0 && errno != EINTR) {
    return unreachable("the system cannot wait for the server");
  }
  return ready != 0;
}

std::expected<void, Fault> ServerConnection::await_server(short events, Deadline whole) const {
  const auto ready = wait(events, patience_.answer);
  if (!ready) {
    return std::unexpected(ready.error());
  }
  if (whole.passed()) {
    return unreachable("the server took over " + std::to_string(patience_.whole.count()) +
                       " s for a statement");
  }
  return *ready ? std::expected<void, Fault>() : silent();
}

// A server that does not read fills the socket; it may be waiting for us to read.
std::expected<void, Fault> ServerConnection::flush(Deadline whole) {
  PGconn* connection = held_->connection.get();
  while (true) {
    const int left = PQflush(connection);
    if (left == 0) {
      return {};
    }
    if (left < 0) {
      return lost();
    }
    if (auto ready = await_server(POLLIN | POLLOUT, whole); !ready) {
      return ready;
    }
    if (PQconsumeInput(connection) == 0) {
      return lost();
    }
    take_notifications();
  }
}

// Reads until a result is there. Notices and notifications, which may be in between, are no result.
std::expected<void, Fault> ServerConnection::receive(Deadline whole) {
  PGconn* connection = held_->connection.get();
  while (PQisBusy(connection) != 0) {
    if (auto ready = await_server(POLLIN, whole); !ready) {
      return ready;
    }
    if (PQconsumeInput(connection) == 0) {
      return lost();
    }
    take_notifications();
  }
  return {};
}

void ServerConnection::take_notifications() {
  while (const Handle<PGnotify, PQfreemem> notify{PQnotifies(held_->connection.get())}) {
    if (notified_.size() < notified_most) {
      notified_.emplace_back(notify->extra);
    } else {
      notified_.back() = "*";
    }
  }
}

std::expected<ResultRows, Fault> ServerConnection::run(const std::string& sql,
                                                       std::span<const std::string> parameters) {
  return answer_of(sql, parameters, {});
}

std::expected<std::size_t, Fault> ServerConnection::run_by_row(const std::string& sql, const TakeRow& take) {
  std::size_t rows = 0;
  const auto ended = answer_of(sql, {}, [&](const ResultRows& row) {
    ++rows;
    take(row);
  });
  return ended ? std::expected<std::size_t, Fault>(rows) : std::unexpected(ended.error());
}

// With `take`, libpq gives each row by itself, and a result without rows behind the last.
std::expected<ResultRows, Fault> ServerConnection::answer_of(const std::string& sql,
                                                             std::span<const std::string> parameters,
                                                             const TakeRow& take) {
  PGconn* connection = held_->connection.get();
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const std::string& parameter : parameters) {
    values.push_back(parameter.c_str());
  }
  if (PQsendQueryParams(connection, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                        nullptr, nullptr, 0) == 0 ||
      (take && PQsetSingleRowMode(connection) == 0)) {
    return lost();
  }
  const Deadline whole = Deadline::in(patience_.whole);
  if (auto sent = flush(whole); !sent) {
    return std::unexpected(sent.error());
  }
  std::shared_ptr<const PGresult> latest;
  std::optional<std::string> fault;
  while (true) {
    if (auto received = receive(whole); !received) {
      return fault ? unreachable(*fault) : std::unexpected(received.error());
    }
    PGresult* result = PQgetResult(connection);
    if (result == nullptr) {
      break;
    }
    latest = std::shared_ptr<PGresult>(result, PQclear);
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_SINGLE_TUPLE) {
      take(ResultRows(latest));
      continue;
    }
    if (status == PGRES_COPY_OUT || status == PGRES_COPY_IN || status == PGRES_COPY_BOTH) {
      // libpq gives it again and again.
      return std::unexpected(Fault{"database-refused", "the server began to copy, which nothing asked for"});
    }
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && !fault) {
      fault = said_by_server(result);
      const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
      held_->state = state == nullptr ? "" : state;
    }
  }
  take_notifications();
  if (PQstatus(connection) != CONNECTION_OK) {
    return fault ? unreachable("the server ended the connection: " + *fault) : lost();
  }
  if (fault || !latest) {
    return std::unexpected(Fault{"database-refused", fault.value_or("the server gave no result")});
  }
  return ResultRows(std::move(latest));
}

std::string_view ServerConnection::state() const {
  return held_->state;
}

std::expected<std::vector<std::string>, Fault> ServerConnection::notifications(
    std::chrono::milliseconds limit) {
  PGconn* connection = held_->connection.get();
  take_notifications();
  if (notified_.empty()) {
    const auto ready = wait(POLLIN, limit);
    if (!ready) {
      return std::unexpected(ready.error());
    }
    if (PQconsumeInput(connection) == 0 || PQstatus(connection) != CONNECTION_OK) {
      return lost();
    }
    take_notifications();
  }
  return std::exchange(notified_, {});
}

std::string fault_of_connection_string(const std::string& where) {
  char* message = nullptr;
  PQconninfoOption* options = PQconninfoParse(where.c_str(), &message);
  PQfreemem(message);  // it repeats parts of the string, which may be a password
  if (options == nullptr) {
    return "is no connection string of PostgreSQL: write postgresql://USER@HOST/DATABASE or service=NAME";
  }
  bool has_password = false;
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    has_password =
        has_password || (option->val != nullptr && (std::string_view(option->keyword) == "password" ||
                                                    std::string_view(option->keyword) == "sslpassword"));
  }
  PQconninfoFree(options);
  return has_password
             ? "has a password, which every user could read; put it into a file that PGPASSFILE names"
             : "";
}

}  // namespace mta_sts::postgres
